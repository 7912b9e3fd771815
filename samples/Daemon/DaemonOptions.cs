using System.Net;

namespace PackStore.Samples.Daemon;

/// <summary>What the daemon was started with.</summary>
internal sealed record DaemonOptions
{
    internal const string Usage =
        """
        daemon --store DIRECTORY (--socket PATH | --listen 127.0.0.1:0) [--max-request-mib N] [--max-connections N]
               [--max-mib N]
        daemon client (--socket PATH | --connect ADDRESS:PORT) ping | stat | contains KEY | get KEY DIRECTORY
               | put KEY FILE...
        """;

    internal required string StoreDirectory { get; init; }

    /// <summary>Path of the Unix-domain socket; <see langword="null"/> when listening on loopback instead.</summary>
    internal string? SocketPath { get; init; }

    /// <summary>A loopback address; anything else is refused, the protocol has no authentication.</summary>
    internal IPEndPoint? Listen { get; init; }

    /// <summary>The longest request frame that is read, in bytes.</summary>
    internal int MaxRequestBytes { get; init; } = 64 << 20;

    /// <summary>Connections served at a time; more wait in the kernel's queue.</summary>
    internal int MaxConnections { get; init; } = 256;

    /// <summary>The most bytes that artifacts may have, beyond which the least recently used are evicted; <see
    /// langword="null"/> for no limit.</summary>
    internal long? MaxBytes { get; init; }

    /// <summary>The options, or <see langword="null"/> when the arguments make no sense.</summary>
    internal static DaemonOptions? Parse(ReadOnlySpan<string> arguments)
    {
        var options = new DaemonOptions { StoreDirectory = "" };
        for (int i = 0; i + 1 < arguments.Length; i += 2)
        {
            string value = arguments[i + 1];
            DaemonOptions? next = arguments[i] switch
            {
                "--store" => options with { StoreDirectory = value },
                "--socket" => options with { SocketPath = Path.GetFullPath(value) },
                "--listen" when IPEndPoint.TryParse(value, out IPEndPoint? listen) &&
                    IPAddress.IsLoopback(listen.Address) => options with { Listen = listen },
                "--max-request-mib" when int.TryParse(value, out int mebibytes) && mebibytes is > 0 and < 1024 =>
                    options with { MaxRequestBytes = mebibytes << 20 },
                "--max-connections" when int.TryParse(value, out int connections) && connections > 0 =>
                    options with { MaxConnections = connections },
                "--max-mib" when int.TryParse(value, out int most) && most > 0 =>
                    options with { MaxBytes = (long)most << 20 },
                _ => null,
            };
            if (next is null)
            {
                return null;
            }

            options = next;
        }

        bool complete = options.StoreDirectory.Length > 0 && (options.SocketPath is null) != (options.Listen is null);
        return arguments.Length % 2 == 0 && complete ? options : null;
    }
}
