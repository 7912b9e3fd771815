namespace PackStore.Tests.Properties;

/// <summary>Where the store of a <see cref="ModelRun"/> lies.</summary>
internal interface IModelDisk : IDisposable
{
    /// <summary>Opens the store for writing.</summary>
    ArtifactStore Open(PackStoreOptions options, ulong hashMask);

    /// <summary>Opens the store read-only, beside its writer.</summary>
    ArtifactStore Attach(PackStoreOptions options, ulong hashMask);

    /// <summary>What the death of the writer leaves. The store is open.</summary>
    IModelDisk Kill();

    /// <summary>What a power cut leaves that takes all that was not synced, or, where that cannot be had, a kill. The
    /// store is open.</summary>
    IModelDisk Cut();

    /// <summary>Takes the index away from the closed store.</summary>
    void LoseIndex();

    /// <summary>Makes a file outside the store.</summary>
    string SourceFile(string name, byte[] bytes);

    /// <summary>How many files the loose tier has.</summary>
    int CountLooseFiles();
}
