using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace PackStore.Samples.Daemon;

/// <summary>One reply as the client sees it.</summary>
internal sealed record Reply(Status Status, byte[] Body)
{
    internal string ErrorMessage => Encoding.UTF8.GetString(Body);
}

/// <summary>The other end of the protocol, as plain as can be: one connection, one request at a time.</summary>
internal sealed class DaemonClient : IDisposable
{
    private const long MaxReplyBytes = 1L << 30;
    private readonly NetworkStream _stream;

    private DaemonClient(Socket socket) => _stream = new NetworkStream(socket, ownsSocket: true);

    /// <summary>Connects to what the daemon printed: <c>unix:PATH</c> or <c>tcp:ADDRESS:PORT</c>.</summary>
    internal static async Task<DaemonClient> ConnectAsync(string endpoint, CancellationToken cancellationToken)
    {
        bool unix = endpoint.StartsWith("unix:", StringComparison.Ordinal);
        EndPoint address = unix
            ? new UnixDomainSocketEndPoint(endpoint["unix:".Length..])
            : IPEndPoint.Parse(endpoint["tcp:".Length..]);
        ProtocolType protocol = unix ? ProtocolType.Unspecified : ProtocolType.Tcp;
        var socket = new Socket(address.AddressFamily, SocketType.Stream, protocol);
        try
        {
            await socket.ConnectAsync(address, cancellationToken);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        return new DaemonClient(socket);
    }

    internal Task<Reply> PingAsync(CancellationToken token) => AskAsync([(byte)Verb.Ping], token);

    internal Task<Reply> StatAsync(CancellationToken token) => AskAsync([(byte)Verb.Stat], token);

    internal Task<Reply> ContainsAsync(ArtifactKey key, CancellationToken token) =>
        AskAsync(Request(Verb.Contains, key).ToArray(), token);

    internal Task<Reply> GetAsync(ArtifactKey key, CancellationToken token) =>
        AskAsync(Request(Verb.Get, key).ToArray(), token);

    internal Task<Reply> PutAsync(ArtifactKey key, WireArtifact artifact, CancellationToken token)
    {
        using MemoryStream request = Request(Verb.Put, key);
        artifact.WriteTo(request);
        return AskAsync(request.ToArray(), token);
    }

    /// <summary>Sends bytes as they are and reads one reply: for trying what the daemon does with nonsense.</summary>
    internal async Task<Reply> SendRawAsync(ReadOnlyMemory<byte> bytes, CancellationToken token)
    {
        await _stream.WriteAsync(bytes, token);
        return await ReadReplyAsync(token);
    }

    /// <summary>Whether the daemon has closed its end.</summary>
    internal async Task<bool> IsClosedAsync(CancellationToken token)
    {
        try
        {
            return await _stream.ReadAsync(new byte[1], token) == 0;
        }
        catch (IOException)
        {
            return true;
        }
    }

    public void Dispose() => _stream.Dispose();

    private static MemoryStream Request(Verb verb, ArtifactKey key)
    {
        Span<byte> bytes = stackalloc byte[ArtifactKey.MaxLength];
        int length = key.CopyTo(bytes);
        var request = new MemoryStream();
        request.WriteByte((byte)verb);
        request.WriteByte((byte)length);
        request.Write(bytes[..length]);
        return request;
    }

    private Task<Reply> AskAsync(byte[] request, CancellationToken token)
    {
        byte[] frame = new byte[Protocol.RequestHeaderLength + request.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, request.Length);
        request.CopyTo(frame, Protocol.RequestHeaderLength);
        return SendRawAsync(frame, token);
    }

    private async Task<Reply> ReadReplyAsync(CancellationToken token)
    {
        byte[] header = new byte[Protocol.ReplyHeaderLength + 1];
        await _stream.ReadExactlyAsync(header, token);
        long length = BinaryPrimitives.ReadInt64LittleEndian(header) - 1;
        if (length is < 0 or > MaxReplyBytes)
        {
            throw new InvalidDataException($"A reply of {length} bytes is not believable.");
        }

        byte[] body = new byte[length];
        await _stream.ReadExactlyAsync(body, token);
        return new Reply((Status)header[^1], body);
    }
}
