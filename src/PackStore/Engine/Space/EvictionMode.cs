namespace PackStore.Engine.Space;

/// <summary>What an eviction does with its victims.</summary>
internal enum EvictionMode
{
    /// <summary>Takes them out.</summary>
    Apply,

    /// <summary>Counts them and changes nothing.</summary>
    Plan,

    /// <summary>Takes them out of the index of a reading process, which is its own and goes with it: so that what comes
    /// next can be planned as if they were gone.</summary>
    Pretend,
}
