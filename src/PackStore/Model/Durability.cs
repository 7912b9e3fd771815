namespace PackStore;

/// <summary>What a completed put, remove or flush has survived. Each level includes the one before it.</summary>
public enum Durability
{
    /// <summary>Safe after the last <see cref="ArtifactStore.FlushAsync"/> or periodic flush against power loss, at
    /// once against <c>kill -9</c>. The default.</summary>
    OnFlush = 0,

    /// <summary>In the page cache: survives <c>kill -9</c>, not power loss. No flush is done in the
    /// background.</summary>
    None = 1,

    /// <summary>On the medium before the call completes; waiting callers share one sync.</summary>
    OnCommit = 2,
}
