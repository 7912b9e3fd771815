using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Net.Sockets;

namespace PackStore.Samples.Daemon;

/// <summary>One client: a request at a time, replies in the order of the requests. The next request is not looked at
/// before the reply to this one is in the kernel's hands, which is all the back-pressure there is to it.</summary>
internal sealed class Connection(Socket socket, ArtifactStore store, int maxRequestBytes, SemaphoreSlim largeRequests)
{
    /// <summary>A request longer than this needs one of the few permits for large ones while it is in memory.</summary>
    internal const int LargeRequestBytes = 1 << 20;

    private static readonly TimeSpan s_requestTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Serves until the client goes away or <paramref name="draining"/> is raised: a request read in full by
    /// then is still answered, unless <paramref name="abort"/> is raised too.</summary>
    internal async Task RunAsync(CancellationToken draining, CancellationToken abort)
    {
        using var stream = new NetworkStream(socket, ownsSocket: true);
        PipeReader input = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));
        PipeWriter output = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
        var reply = new ReplyWriter(output, socket);
        try
        {
            await ServeAllAsync(input, reply, draining, abort).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // The client went away, was too slow, or the daemon stops: nobody is left to be told.
        }
        finally
        {
            await input.CompleteAsync().ConfigureAwait(false);
            await output.CompleteAsync().ConfigureAwait(false);
        }
    }

    private async Task ServeAllAsync(
        PipeReader input, ReplyWriter reply, CancellationToken draining, CancellationToken abort)
    {
        try
        {
            while (await ServeOneAsync(input, reply, draining, abort).ConfigureAwait(false))
            {
            }
        }
        catch (MalformedRequestException e)
        {
            await reply.WriteErrorAsync(e.Message, abort).ConfigureAwait(false);
        }
    }

    /// <summary>Reads and answers one request; false when the client has said all it had to say.</summary>
    private async Task<bool> ServeOneAsync(
        PipeReader input, ReplyWriter reply, CancellationToken draining, CancellationToken abort)
    {
        ReadResult read = await input.ReadAtLeastAsync(Protocol.RequestHeaderLength, draining).ConfigureAwait(false);
        if (read.Buffer.Length < Protocol.RequestHeaderLength)
        {
            return read.Buffer.IsEmpty ? false : throw new MalformedRequestException("The request ends in its length.");
        }

        int length = ReadFrameLength(read.Buffer);
        input.AdvanceTo(read.Buffer.GetPosition(Protocol.RequestHeaderLength));
        bool large = length > LargeRequestBytes;
        if (large)
        {
            await largeRequests.WaitAsync(draining).ConfigureAwait(false);
        }

        try
        {
            using (var deadline = CancellationTokenSource.CreateLinkedTokenSource(draining))
            {
                deadline.CancelAfter(s_requestTimeout);
                read = await input.ReadAtLeastAsync(length, deadline.Token).ConfigureAwait(false);
            }

            if (read.Buffer.Length < length)
            {
                throw new MalformedRequestException($"The request ends after {read.Buffer.Length} of {length} bytes.");
            }

            using var answer = CancellationTokenSource.CreateLinkedTokenSource(abort);
            answer.CancelAfter(s_requestTimeout);
            await AnswerAsync(read.Buffer.Slice(0, length), reply, answer.Token).ConfigureAwait(false);
            input.AdvanceTo(read.Buffer.GetPosition(length));
            return true;
        }
        finally
        {
            if (large)
            {
                largeRequests.Release();
            }
        }
    }

    private int ReadFrameLength(in ReadOnlySequence<byte> buffer)
    {
        Span<byte> header = stackalloc byte[Protocol.RequestHeaderLength];
        buffer.Slice(0, Protocol.RequestHeaderLength).CopyTo(header);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(header);
        return length > 0 && length <= (uint)maxRequestBytes
            ? (int)length
            : throw new MalformedRequestException($"A request has 1 to {maxRequestBytes} bytes, not {length}.");
    }

    private Task AnswerAsync(in ReadOnlySequence<byte> frame, ReplyWriter reply, CancellationToken cancellationToken)
    {
        var request = new RequestReader(frame);
        Verb verb = request.ReadVerb();
        switch (verb)
        {
            case Verb.Ping:
                request.End();
                return reply.WriteAsync(Status.Done, cancellationToken).AsTask();
            case Verb.Stat:
                request.End();
                return reply.WriteStatsAsync(store.GetStats(), cancellationToken).AsTask();
            case Verb.Contains:
                ArtifactKey contained = request.ReadKey();
                request.End();
                Status status = store.Contains(in contained) ? Status.Done : Status.Miss;
                return reply.WriteAsync(status, cancellationToken).AsTask();
            case Verb.Get:
                ArtifactKey wanted = request.ReadKey();
                request.End();
                return reply.WriteHitAsync(store, in wanted, cancellationToken);
            case Verb.Put:
                ArtifactKey key = request.ReadKey();
                (ArtifactOutcome outcome, ArtifactPayload[] payloads) = request.ReadArtifact();
                request.End();
                return PutAsync(key, outcome, payloads, reply, cancellationToken);
            default:
                throw new MalformedRequestException($"There is no verb {(byte)verb}.");
        }
    }

    private async Task PutAsync(ArtifactKey key, ArtifactOutcome outcome, ArtifactPayload[] payloads, ReplyWriter reply,
        CancellationToken cancellationToken)
    {
        try
        {
            await store.PutAsync(key, outcome, payloads, cancellationToken).ConfigureAwait(false);
        }
        catch (PackStoreException e)
        {
            // A full or poisoned store still serves hits, so the connection stays.
            await reply.WriteErrorAsync(e.Message, cancellationToken).ConfigureAwait(false);
            return;
        }

        await reply.WriteAsync(Status.Done, cancellationToken).ConfigureAwait(false);
    }
}
