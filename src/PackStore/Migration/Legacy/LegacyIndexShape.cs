namespace PackStore.Migration.Legacy;

/// <summary>Which fields the rows of an index have; each shape has those of the one before.</summary>
internal enum LegacyIndexShape
{
    /// <summary>Seven fields, to stored-at.</summary>
    R1 = 1,

    /// <summary>And verdicts.</summary>
    R2 = 2,

    /// <summary>And modes.</summary>
    R3 = 3,
}
