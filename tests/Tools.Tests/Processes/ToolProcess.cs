using System.Diagnostics;
using System.Globalization;

namespace PackStore.Tools.Tests.Processes;

/// <summary>packtool as a process of its own, for what only a process can suffer.</summary>
internal sealed class ToolProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    private ToolProcess(Process process)
    {
        _process = process;
        _output = process.StandardOutput.ReadToEndAsync();
        _error = process.StandardError.ReadToEndAsync();
    }

    /// <summary>Starts it, behind a prefix that is a command which executes the rest, if one is given.</summary>
    public static ToolProcess Start(string[] prefix, params string[] arguments)
    {
        string[] all = [.. prefix, "dotnet", typeof(PackTool).Assembly.Location, .. arguments];
        ProcessStartInfo start = new(all[0], all[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        // The runtime would keep its code in a file as long as all of it, which a limit on files does not allow.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        return new ToolProcess(Process.Start(start)!);
    }

    /// <summary>Waits until it has a file open whose path contains this; false if it ended before.</summary>
    public bool WaitUntilItHasOpen(string part)
    {
        string descriptors = string.Create(CultureInfo.InvariantCulture, $"/proc/{_process.Id}/fd");
        return WaitUntil(() => Has(descriptors, part));
    }

    /// <summary>Waits until something is so; false if it ended before.</summary>
    public bool WaitUntil(Func<bool> condition)
    {
        while (!_process.HasExited)
        {
            if (condition())
            {
                return true;
            }

            Thread.Yield();
        }

        return false;
    }

    /// <summary>Sends SIGTERM.</summary>
    public void Terminate() => Send("TERM");

    /// <summary>Sends a signal: <c>INT</c>, <c>TERM</c>.</summary>
    public void Send(string signal)
    {
        using Process kill = Process.Start(
            "kill", [$"-{signal}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>Waits for the end; the exit code and all that it wrote.</summary>
    public (int Code, string Said) Finish()
    {
        _process.WaitForExit();
        return (_process.ExitCode, _output.Result + _error.Result);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private static bool Has(string descriptors, string part)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(descriptors)
                .Any(d => File.ResolveLinkTarget(d, returnFinalTarget: false)?.FullName.Contains(
                    part, StringComparison.Ordinal) == true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A descriptor that was closed meanwhile, or the process ended.
            return false;
        }
    }
}
