namespace PackStore.Format;

/// <summary>Bits of a record header.</summary>
[Flags]
internal enum RecordFlags : ushort
{
    None = 0,

    /// <summary>A descriptor for standard output follows those of the outputs.</summary>
    StandardOutput = 1,

    /// <summary>A descriptor for standard error follows.</summary>
    StandardError = 2,

    /// <summary>At least one payload or stream is loose or encoded, so it is not a plain range of the record.</summary>
    Detached = 4,

    /// <summary>At least one payload or stream is in the loose tier.</summary>
    Loose = 8,

    /// <summary>Everything known; other bits are refused.</summary>
    All = StandardOutput | StandardError | Detached | Loose,
}
