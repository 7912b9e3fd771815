namespace PackStore.Tools.Import;

/// <summary>What a file is to do whose key is known now.</summary>
internal enum KeyClaim
{
    /// <summary>Carry the bytes in.</summary>
    Carry,

    /// <summary>Wait for a file with the same bytes.</summary>
    Wait,

    /// <summary>Nothing: the bytes are there.</summary>
    Arrived,
}
