namespace PackStore.Engine.Space;

/// <summary>What some victims come to.</summary>
internal struct EvictionSum()
{
    /// <summary>Artifacts.</summary>
    public long Artifacts;

    /// <summary>Those that were too old.</summary>
    public long Aged;

    /// <summary>Their outputs.</summary>
    public long Payloads;

    /// <summary>Bytes of their records.</summary>
    public long RecordBytes;

    /// <summary>Their loose files.</summary>
    public long LooseFiles;

    /// <summary>Bytes of those.</summary>
    public long LooseBytes;

    /// <summary>The last hour at which one was used; -1 if there is none.</summary>
    public int NewestHour = -1;
}
