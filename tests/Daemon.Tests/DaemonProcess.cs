using System.Diagnostics;
using System.Globalization;

namespace PackStore.Samples.Daemon.Tests;

/// <summary>A daemon of our own in a directory of our own; ended by its id, never by its name.</summary>
internal sealed class DaemonProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _directory;

    private DaemonProcess(Process process, string directory, string endpoint)
    {
        _process = process;
        _directory = directory;
        Endpoint = endpoint;
    }

    internal string Endpoint { get; }

    internal string StoreDirectory => Path.Combine(_directory, "store");

    internal string SocketPath => Path.Combine(_directory, "s");

    internal static async Task<DaemonProcess> StartAsync(bool loopback, CancellationToken token, params string[] more)
    {
        string directory = Directory.CreateTempSubdirectory("packstore-daemon-").FullName;
        string store = Path.Combine(directory, "store");
        string[] where = loopback ? ["--listen", "127.0.0.1:0"] : ["--socket", Path.Combine(directory, "s")];
        string[] arguments = [typeof(DaemonClient).Assembly.Location, "--store", store, .. where, .. more];
        var start = new ProcessStartInfo("dotnet", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Process process = Process.Start(start) ?? throw new InvalidOperationException("The daemon did not start.");
        const string Announcement = "listening on ";
        string? line = await process.StandardOutput.ReadLineAsync(token);
        if (line?.StartsWith(Announcement, StringComparison.Ordinal) != true)
        {
            string error = await process.StandardError.ReadToEndAsync(token);
            process.Dispose();
            throw new InvalidOperationException($"The daemon said '{line}' and '{error}'.");
        }

        return new DaemonProcess(process, directory, line[Announcement.Length..]);
    }

    internal Task<DaemonClient> ConnectAsync(CancellationToken token) => DaemonClient.ConnectAsync(Endpoint, token);

    /// <summary>Asks it to stop as a service manager would; returns its exit code.</summary>
    internal async Task<int> TerminateAsync(CancellationToken token)
    {
        string id = _process.Id.ToString(CultureInfo.InvariantCulture);
        using Process kill = Process.Start("kill", ["-TERM", id]);
        await kill.WaitForExitAsync(token);
        await _process.WaitForExitAsync(token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
