using System.Buffers;
using System.IO.Pipelines;
using PackStore.Engine;
using PackStore.Engine.Writing;

namespace PackStore;

/// <summary>
/// Streams one artifact in, payload by payload. It is a hit only once committed; disposed before that, nothing is left
/// of it.
/// </summary>
/// <remarks>One thread at a time. Payloads are held in memory up to the loose threshold and then go to a file, so their
/// length need not be known.</remarks>
public sealed class ArtifactWriter : IAsyncDisposable
{
    private readonly StoreEngine _engine;
    private readonly ArtifactKey _key;
    private readonly List<StagedOutput> _outputs = [];
    private StagedOutput? _open;
    private bool _done;

    internal ArtifactWriter(StoreEngine engine, in ArtifactKey key)
    {
        _engine = engine;
        _key = key;
    }

    /// <summary>Starts the next payload. What is written to the returned writer belongs to it until the next payload is
    /// added or the artifact committed.</summary>
    /// <exception cref="InvalidOperationException">The writer was committed or disposed.</exception>
    public IBufferWriter<byte> AddPayload(
        string name, PayloadEncoding encoding = PayloadEncoding.Raw, UnixFileMode? mode = null)
    {
        _open = Start(name, encoding, mode);
        return _open;
    }

    /// <summary>Adds a payload that is read from a pipe to its end; the pipe is completed.</summary>
    public async ValueTask AddPayloadAsync(
        string name, PipeReader source, PayloadEncoding encoding = PayloadEncoding.Raw, UnixFileMode? mode = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        StagedOutput output = Start(name, encoding, mode);
        try
        {
            while (true)
            {
                ReadResult result = await source.ReadAsync(cancellationToken).ConfigureAwait(false);
                foreach (ReadOnlyMemory<byte> piece in result.Buffer)
                {
                    output.Append(piece.Span);
                }

                source.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                {
                    break;
                }

                if (result.IsCanceled)
                {
                    throw new OperationCanceledException("The pipe's pending read was canceled.");
                }
            }
        }
        catch (Exception e)
        {
            await source.CompleteAsync(e).ConfigureAwait(false);
            throw;
        }

        await source.CompleteAsync().ConfigureAwait(false);
    }

    /// <summary>Puts the artifact. The writer is then spent.</summary>
    /// <inheritdoc cref="ArtifactStore.PutAsync" path="/exception"/>
    public async ValueTask CommitAsync(ArtifactOutcome outcome, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        ThrowIfDone();
        _engine.ThrowIfReadOnly();
        _done = true;
        _open = null;
        await PutSession.PutStagedAsync(_engine, _key, outcome, _outputs, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Aborts unless committed.</summary>
    public ValueTask DisposeAsync()
    {
        _done = true;
        _outputs.ForEach(static o => o.Dispose());
        _outputs.Clear();
        return ValueTask.CompletedTask;
    }

    private StagedOutput Start(string name, PayloadEncoding encoding, UnixFileMode? mode)
    {
        ArgumentNullException.ThrowIfNull(name);
        ThrowIfDone();
        StagedOutput output = new(_engine.Core, _engine.Encoder!, _key, _outputs.Count, name, encoding, mode);
        _outputs.Add(output);
        return output;
    }

    private void ThrowIfDone()
    {
        if (_done)
        {
            throw new InvalidOperationException("The writer was committed or disposed.");
        }
    }
}
