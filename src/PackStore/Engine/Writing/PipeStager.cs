using System.Buffers;
using System.IO.Pipelines;
using CommunityToolkit.HighPerformance.Buffers;
using PackStore.Loose;
using PackStore.Segments;

namespace PackStore.Engine.Writing;

/// <summary>Reads a payload of unknown length: in memory up to the loose threshold, from there on straight into a loose
/// file.</summary>
internal static class PipeStager
{
    /// <summary>Reads the pipe to its end and completes it.</summary>
    public static async ValueTask<StoredPayload> StageAsync(
        PutEncoder encoder, EncodedPut put, ArtifactKey key, int index, ArtifactPayload payload,
        CancellationToken cancellationToken)
    {
        PipeReader pipe = payload.Pipe!;
        try
        {
            StoredPayload staged = await ReadAsync(encoder, put, key, index, payload, pipe, cancellationToken)
                .ConfigureAwait(false);
            await pipe.CompleteAsync().ConfigureAwait(false);
            return staged;
        }
        catch (Exception e)
        {
            await pipe.CompleteAsync(e).ConfigureAwait(false);
            throw;
        }
    }

    private static async ValueTask<StoredPayload> ReadAsync(
        PutEncoder encoder, EncodedPut put, ArtifactKey key, int index, ArtifactPayload payload, PipeReader pipe,
        CancellationToken cancellationToken)
    {
        using ArrayPoolBufferWriter<byte> memory = new();
        LooseWriter? writer = null;
        try
        {
            while (true)
            {
                ReadResult result = await pipe.ReadAsync(cancellationToken).ConfigureAwait(false);
                if (result.IsCanceled)
                {
                    throw new OperationCanceledException("The pipe's pending read was canceled.");
                }

                if (writer is null && memory.WrittenCount + result.Buffer.Length >= encoder.LooseFrom)
                {
                    writer = encoder.CreateLooseWriter(key);
                    writer.Write(memory.WrittenSpan);
                    memory.Clear();
                }

                Take(result.Buffer, memory, writer);
                pipe.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                {
                    break;
                }
            }

            return writer is not null
                ? PutEncoder.StageFinished(put, writer.Finish(index))
                : encoder.StageBytes(put, key, index, Keep(put, memory), payload.Encoding);
        }
        finally
        {
            writer?.Dispose();
        }
    }

    private static void Take(in ReadOnlySequence<byte> bytes, ArrayPoolBufferWriter<byte> memory, LooseWriter? writer)
    {
        if (writer is not null)
        {
            writer.Write(bytes);
            return;
        }

        foreach (ReadOnlyMemory<byte> piece in bytes)
        {
            memory.Write(piece.Span);
        }
    }

    /// <summary>Moves the bytes into a buffer that lives as long as the put.</summary>
    private static ReadOnlySequence<byte> Keep(EncodedPut put, ArrayPoolBufferWriter<byte> memory)
    {
        byte[] buffer = put.Rent(Math.Max(1, memory.WrittenCount));
        memory.WrittenSpan.CopyTo(buffer);
        return new ReadOnlySequence<byte>(buffer, 0, memory.WrittenCount);
    }
}
