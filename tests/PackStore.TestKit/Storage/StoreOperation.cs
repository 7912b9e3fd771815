namespace PackStore.TestKit;

/// <summary>What a store asks of its directory and files, for predicates of faults and for transcripts.</summary>
internal enum StoreOperation
{
    Open,
    Create,
    CreateDirectory,
    AdoptMode,
    Replace,
    Rename,
    Delete,
    List,
    SyncDirectory,
    Lock,
    OpenForeign,
    CreateForeign,
    LinkForeign,
    LinkOut,
    Stat,
    Read,
    Write,
    Reserve,
    Sync,
    Map,
    MapPage,
    StoreWord,
    MapIntoTable,
    Populate,
    Clone,
    Copy,
    SetAttributes,
    Truncate,
}
