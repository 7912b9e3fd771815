using System.Diagnostics;
using System.Globalization;

namespace PackStore.TestKit;

/// <summary>
/// Makes real system calls of the calling thread fail, for one file, by attaching <c>strace</c> to it: the one way to
/// see that a result of the kernel is looked at. Created, used and disposed on one thread.
/// </summary>
/// <remarks>
/// Only this thread, and not the process with <c>strace -f</c>: a thread that starts a process elsewhere waits in
/// <c>vfork</c> for its child, a tracer of both that is told to end waits for the thread, and the child waits for the
/// tracer. For the same reason the tracer is ended by a signal and not by a program that would have to be started.
/// </remarks>
internal sealed class SyscallFaults : IDisposable
{
    private readonly Process _tracer;

    private SyscallFaults(Process tracer) => _tracer = tracer;

    /// <summary>Attaches, or returns <see langword="null"/> and why that cannot be here.</summary>
    /// <param name="path">The file, links resolved.</param>
    /// <param name="injection">As in <c>strace -e inject=</c>, for instance <c>fdatasync:error=EIO</c>.</param>
    /// <param name="reason">Why not.</param>
    public static SyscallFaults? TryInject(string path, string injection, out string reason)
    {
        reason = string.Empty;
        if (!File.Exists("/usr/bin/strace"))
        {
            reason = "strace is not installed.";
            return null;
        }

        string call = injection[..injection.IndexOf(':', StringComparison.Ordinal)];
        string thread = NativeCalls.ThreadNumber().ToString(CultureInfo.InvariantCulture);
        string[] arguments =
            ["-P", path, "-e", $"trace={call}", "-e", $"inject={injection}", "-o", "/dev/null", "-p", thread];
        ProcessStartInfo start = new("/usr/bin/strace", arguments) { RedirectStandardError = true };
        Process tracer = Process.Start(start)!;

        // It says so once the thread is attached.
        string? line = tracer.StandardError.ReadLine();
        while (line is not null && !line.Contains(" attached", StringComparison.Ordinal))
        {
            line = tracer.StandardError.ReadLine();
        }

        if (line is not null)
        {
            return new SyscallFaults(tracer);
        }

        tracer.WaitForExit();
        tracer.Dispose();
        reason = "strace may not attach to this process.";
        return null;
    }

    /// <summary>Detaches.</summary>
    public void Dispose()
    {
        NativeCalls.Terminate(_tracer.Id);
        _tracer.WaitForExit();
        _tracer.Dispose();
    }
}
