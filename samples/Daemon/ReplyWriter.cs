using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;

namespace PackStore.Samples.Daemon;

/// <summary>Writes replies. What is small goes through the pipe's buffer in one send; what is large goes from the
/// store's mapped pages straight to the socket, so that the only memory a slow client can hold is the
/// kernel's.</summary>
internal sealed class ReplyWriter(PipeWriter pipe, Socket socket)
{
    private const long BufferedAtMost = 128 << 10;

    internal ValueTask<FlushResult> WriteAsync(Status status, CancellationToken cancellationToken)
    {
        WriteHeader(status, 0);
        return pipe.FlushAsync(cancellationToken);
    }

    internal ValueTask<FlushResult> WriteErrorAsync(string message, CancellationToken cancellationToken)
    {
        WriteHeader(Status.Error, Encoding.UTF8.GetByteCount(message));
        Encoding.UTF8.GetBytes(message, pipe);
        return pipe.FlushAsync(cancellationToken);
    }

    internal ValueTask<FlushResult> WriteStatsAsync(StoreStats stats, CancellationToken cancellationToken)
    {
        long[] values =
            [stats.Artifacts, stats.Payloads, stats.LiveBytes, stats.DeadBytes, stats.DiskBytes, stats.Segments];
        WriteHeader(Status.Stats, values.Length * sizeof(long));
        foreach (long value in values)
        {
            WriteInt64(value);
        }

        return pipe.FlushAsync(cancellationToken);
    }

    internal Task WriteHitAsync(ArtifactStore store, in ArtifactKey key, CancellationToken cancellationToken)
    {
        PayloadOwner? owner;
        using (PayloadLease lease = store.EnsurePayloads(in key))
        {
            if (!lease.IsHit)
            {
                return WriteAsync(Status.Miss, cancellationToken).AsTask();
            }

            ArtifactMetadata metadata = lease.Metadata;
            if (WriteHitHeader(metadata) <= BufferedAtMost)
            {
                pipe.Write(lease.StandardOutput);
                pipe.Write(lease.StandardError);
                for (int i = 0; i < lease.Count; i++)
                {
                    pipe.Write(lease[i]);
                }

                return pipe.FlushAsync(cancellationToken).AsTask();
            }

            // The lease is bound to this thread and the sends below may end on another: from here on the bytes are
            // owned.
            owner = lease.ToOwner();
        }

        return SendAsync(owner, cancellationToken);
    }

    private async Task SendAsync(PayloadOwner owner, CancellationToken cancellationToken)
    {
        using (owner)
        {
            await pipe.FlushAsync(cancellationToken).ConfigureAwait(false);
            await SendAsync(owner.StandardOutput, cancellationToken).ConfigureAwait(false);
            await SendAsync(owner.StandardError, cancellationToken).ConfigureAwait(false);
            for (int i = 0; i < owner.Count; i++)
            {
                foreach (ReadOnlyMemory<byte> piece in owner.GetSequence(i))
                {
                    await SendAsync(piece, cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            int sent = await socket.SendAsync(bytes, SocketFlags.None, cancellationToken).ConfigureAwait(false);
            bytes = bytes[sent..];
        }
    }

    /// <summary>Writes everything before the first byte of a stream; returns how many bytes are to follow.</summary>
    private long WriteHitHeader(ArtifactMetadata metadata)
    {
        long names = 0;
        long bytes = metadata.StandardOutputLength + metadata.StandardErrorLength;
        foreach (PayloadInfo payload in metadata.Payloads)
        {
            names += Protocol.MinPayloadEntryLength + Encoding.UTF8.GetByteCount(payload.Name);
            bytes += payload.Length;
        }

        WriteHeader(Status.Hit, 4 + 8 + 8 + 4 + names + bytes);
        WriteInt32(metadata.ExitCode);
        WriteInt64(metadata.StandardOutputLength);
        WriteInt64(metadata.StandardErrorLength);
        WriteInt32(metadata.Payloads.Count);
        foreach (PayloadInfo payload in metadata.Payloads)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(pipe.GetSpan(2), (ushort)Encoding.UTF8.GetByteCount(payload.Name));
            pipe.Advance(2);
            Encoding.UTF8.GetBytes(payload.Name, pipe);
            WriteInt64(payload.Length);
        }

        return bytes;
    }

    private void WriteHeader(Status status, long bodyLength)
    {
        Span<byte> header = pipe.GetSpan(Protocol.ReplyHeaderLength + 1);
        BinaryPrimitives.WriteInt64LittleEndian(header, bodyLength + 1);
        header[Protocol.ReplyHeaderLength] = (byte)status;
        pipe.Advance(Protocol.ReplyHeaderLength + 1);
    }

    private void WriteInt32(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(pipe.GetSpan(4), value);
        pipe.Advance(4);
    }

    private void WriteInt64(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(pipe.GetSpan(8), value);
        pipe.Advance(8);
    }
}
