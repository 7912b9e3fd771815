using System.Diagnostics;
using PackStore.TestChild;

namespace PackStore.Tests.Processes;

/// <summary>A process of the child program, ended by its id.</summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly System.Diagnostics.Process _process;

    private ChildProcess(System.Diagnostics.Process process) => _process = process;

    /// <summary>Lines of standard output, in order, to the end.</summary>
    public TextReader Output => _process.StandardOutput;

    /// <summary>Starts the program, behind a prefix such as <c>setpriv ...</c> if one is given.</summary>
    public static ChildProcess Start(string[] prefix, params string[] arguments)
    {
        string[] all = [.. prefix, "dotnet", typeof(SampleArtifact).Assembly.Location, .. arguments];
        ProcessStartInfo start = new(all[0], all[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        // The runtime would keep its code in a file as long as all of it, which a limit on files does not allow.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        System.Diagnostics.Process process = System.Diagnostics.Process.Start(start)
            ?? throw new InvalidOperationException("no child");
        return new ChildProcess(process);
    }

    /// <summary>Asks one question; null when the child has ended.</summary>
    public string? Ask(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
        return _process.StandardOutput.ReadLine();
    }

    /// <summary>The exit code: 128 and the signal's number for one that a signal ended. After
    /// <see cref="Finish"/>.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>SIGKILL. What it had written to the pipe can still be read.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Closes its input and waits for its end by itself; returns what it wrote to standard error.</summary>
    public string Finish()
    {
        _process.StandardInput.Close();
        string errors = _process.StandardError.ReadToEnd();
        _process.WaitForExit();
        return errors;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }
}
