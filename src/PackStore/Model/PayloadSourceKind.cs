namespace PackStore;

/// <summary>Where a payload's bytes come from on put.</summary>
internal enum PayloadSourceKind
{
    Bytes,
    File,
    PendingFile,
    Pipe,
}
