namespace PackStore.Storage;

/// <summary>How a range of a file is going to be used; see <see cref="IStoreFile.Advise"/>.</summary>
internal enum FileAdvice
{
    /// <summary>Read once, and not to be kept at the cost of what is used again and again.</summary>
    ReadOnce,

    /// <summary>Read soon: the system may start now.</summary>
    NeededSoon,

    /// <summary>Not needed any more. Pages that some process has mapped, or that are not written back yet,
    /// stay.</summary>
    NotNeeded,
}
