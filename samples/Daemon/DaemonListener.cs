using System.Net;
using System.Net.Sockets;

namespace PackStore.Samples.Daemon;

/// <summary>The listening socket: a Unix-domain socket nobody else may open, or loopback.</summary>
internal sealed class DaemonListener : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly string? _path;

    private DaemonListener(Socket socket, string? path, string endpoint)
    {
        Socket = socket;
        _path = path;
        Endpoint = endpoint;
    }

    internal Socket Socket { get; }

    /// <summary>Where clients find it: <c>unix:PATH</c> or <c>tcp:ADDRESS:PORT</c>.</summary>
    internal string Endpoint { get; }

    internal static DaemonListener Open(DaemonOptions options)
    {
        if (options.SocketPath is string path)
        {
            return OpenUnix(path);
        }

        IPEndPoint listen = options.Listen ?? throw new ArgumentException("No place to listen at.", nameof(options));
        var socket = new Socket(listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Bind(listen);
        socket.Listen();
        return new DaemonListener(socket, null, $"tcp:{socket.LocalEndPoint}");
    }

    /// <summary>Closes the socket and takes its name away.</summary>
    public void Dispose()
    {
        Socket.Dispose();
        if (_path is not null)
        {
            File.Delete(_path);
        }
    }

    /// <summary>Binds inside a directory only we can enter and moves the socket to its place once it is private, so
    /// that at no moment somebody else could connect.</summary>
    private static DaemonListener OpenUnix(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException("No private socket files here; use --listen 127.0.0.1:0.");
        }

        RemoveStale(path);
        string parent = Path.GetDirectoryName(path) ?? throw new IOException($"{path} is no place for a socket.");
        string closed = Path.Combine(parent, $".{Environment.ProcessId}");
        Directory.CreateDirectory(closed, Private | UnixFileMode.UserExecute);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            string bound = Path.Combine(closed, "s");
            socket.Bind(new UnixDomainSocketEndPoint(bound));
            File.SetUnixFileMode(bound, Private);
            socket.Listen();
            File.Move(bound, path);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
        finally
        {
            Directory.Delete(closed, recursive: true);
        }

        return new DaemonListener(socket, path, $"unix:{path}");
    }

    /// <summary>Removes what a killed daemon left behind: a name nobody answers at and that holds no bytes.</summary>
    private static void RemoveStale(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists)
        {
            return;
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused && file.Length == 0)
        {
            file.Delete();
            return;
        }

        throw new IOException($"A daemon answers at {path} already.");
    }
}
