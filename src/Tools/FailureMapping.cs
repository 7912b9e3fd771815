namespace PackStore.Tools;

/// <summary>Which exit code an exception means. The one place where the library's exceptions meet the
/// contract.</summary>
internal static class FailureMapping
{
    private const int NoSpaceErrno = 28;
    private const int QuotaErrno = 122;
    private const int ReadOnlyFileSystemErrno = 30;
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027);
    private const int WindowsDiskFull = unchecked((int)0x80070070);
    private const int WindowsWriteProtected = unchecked((int)0x80070013);

    /// <summary>The exit code for a failure.</summary>
    public static ExitCode CodeOf(Exception failure) => failure switch
    {
        ToolException e => e.Code,
        OperationCanceledException => ExitCode.Interrupted,
        StoreLockedException => ExitCode.Locked,
        StoreReadOnlyException => ExitCode.ReadOnly,
        StoreFullException => ExitCode.NoSpace,
        NotAStoreException or UnsupportedFormatException => ExitCode.Format,
        CorruptStoreException => ExitCode.Damage,
        IOException e when IsNoSpace(e) => ExitCode.NoSpace,
        IOException e when IsReadOnlyFileSystem(e) => ExitCode.ReadOnly,
        AggregateException { InnerExceptions: [{ } only] } => CodeOf(only),
        _ => ExitCode.Failed,
    };

    /// <summary>What to tell the user: never a stack trace, never empty.</summary>
    public static string MessageOf(Exception failure) => failure switch
    {
        OperationCanceledException => "interrupted",
        AggregateException { InnerExceptions: [{ } only] } => MessageOf(only),
        ToolException or IOException or UnauthorizedAccessException => failure.Message,
        ArgumentException or NotSupportedException => failure.Message,
        _ => $"{failure.GetType().Name}: {failure.Message}",
    };

    /// <summary>Whether the failure says that the file system may not be written to.</summary>
    public static bool IsReadOnlyFileSystem(IOException e) =>
        e is not PackStoreException && e.HResult is ReadOnlyFileSystemErrno or WindowsWriteProtected;

    private static bool IsNoSpace(IOException e) =>
        e.HResult is NoSpaceErrno or QuotaErrno or WindowsHandleDiskFull or WindowsDiskFull;
}
