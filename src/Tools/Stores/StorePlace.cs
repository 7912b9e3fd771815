namespace PackStore.Tools.Stores;

/// <summary>What stands where a store is to be.</summary>
internal enum StorePlace
{
    Absent,
    EmptyDirectory,

    /// <summary>A directory with something in it: a store, or not.</summary>
    FilledDirectory,

    /// <summary>Something that is no directory.</summary>
    NotADirectory,
}
