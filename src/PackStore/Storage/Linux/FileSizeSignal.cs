using System.Runtime.InteropServices;

namespace PackStore.Storage.Linux;

/// <summary>
/// A write beyond the limit on the length of files (<c>ulimit -f</c>) sends SIGXFSZ, which ends a process that has not
/// asked for it. Asked for, the write fails with EFBIG instead, which is one more way to have no room.
/// </summary>
internal static class FileSizeSignal
{
    // SIGXFSZ and RLIMIT_FSIZE on x64 and arm64.
    private const PosixSignal Exceeded = (PosixSignal)25;
    private const int FileLengthLimit = 1;

    // For the process's life: a limit stays. Written once, by whoever is first.
    private static PosixSignalRegistration? s_registration;

    /// <summary>From now on the signal does not end the process. Touches no signal where there is no limit. The host's
    /// own registrations are still called, and child processes inherit nothing.</summary>
    public static unsafe void Survive()
    {
        ulong* limits = stackalloc ulong[2];
        if (Volatile.Read(ref s_registration) is not null || Libc.GetLimit(FileLengthLimit, limits) != 0
            || limits[0] == ulong.MaxValue)
        {
            return;
        }

        PosixSignalRegistration mine = PosixSignalRegistration.Create(Exceeded, static signal => signal.Cancel = true);
        if (Interlocked.CompareExchange(ref s_registration, mine, null) is not null)
        {
            mine.Dispose();
        }
    }
}
