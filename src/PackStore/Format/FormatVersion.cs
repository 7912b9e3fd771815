namespace PackStore.Format;

/// <summary>
/// Version and feature bits, as in STORE and in each segment header. The list of versions only grows.
/// </summary>
/// <remarks>1: first release.</remarks>
internal static class FormatVersion
{
    /// <summary>What this library writes, and the newest it reads.</summary>
    public const uint Current = 1;

    /// <summary>Features that a reader and a writer may ignore.</summary>
    public const ulong KnownCompatible = 0;

    /// <summary>Features that a reader may ignore and a writer must know.</summary>
    public const ulong KnownReadOnlyCompatible = 0;

    /// <summary>Features that everybody must know.</summary>
    public const ulong KnownIncompatible = 0;
}

/// <summary>The three sets of feature bits.</summary>
internal readonly record struct FormatFeatures(ulong Compatible, ulong ReadOnlyCompatible, ulong Incompatible)
{
    /// <summary>Whether this library may read a store of that version and these features.</summary>
    public bool CanRead(uint version) =>
        version is > 0 and <= FormatVersion.Current && (Incompatible & ~FormatVersion.KnownIncompatible) == 0;

    /// <summary>Whether it may also write to it.</summary>
    public bool CanWrite(uint version) =>
        CanRead(version) && (ReadOnlyCompatible & ~FormatVersion.KnownReadOnlyCompatible) == 0;

    /// <summary>For messages.</summary>
    public string Describe(uint version) =>
        $"version {version}, features {Compatible:x}/{ReadOnlyCompatible:x}/{Incompatible:x}";
}
