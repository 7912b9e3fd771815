using System.Buffers;
using CommunityToolkit.HighPerformance.Buffers;
using PackStore.Loose;
using PackStore.Segments;

namespace PackStore.Engine.Writing;

/// <summary>One payload being written by a caller: in memory up to the loose threshold, then in a loose file.</summary>
internal sealed class StagedOutput(
    StoreCore core, PutEncoder encoder, ArtifactKey key, int index, string name, PayloadEncoding encoding,
    UnixFileMode? mode) : IBufferWriter<byte>, IDisposable
{
    private readonly ArrayPoolBufferWriter<byte> _memory = new();
    private LooseWriter? _file;
    private bool _finished;

    public string Name => name;

    public UnixFileMode? Mode => mode;

    /// <summary>Appends bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_file is not null && _memory.WrittenCount == 0)
        {
            _file.Write(bytes);
            return;
        }

        _memory.Write(bytes);
        SpillIfLong();
    }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        ObjectDisposedException.ThrowIf(_finished, this);
        _memory.Advance(count);
        SpillIfLong();
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        ObjectDisposedException.ThrowIf(_finished, this);
        return _memory.GetMemory(sizeHint);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>Ends the payload and says where it goes. The bytes in memory live until
    /// <see cref="Dispose"/>.</summary>
    public StoredPayload Finish(EncodedPut put)
    {
        _finished = true;
        if (_file is null)
        {
            return encoder.StageBytes(put, key, index, new ReadOnlySequence<byte>(_memory.WrittenMemory), encoding);
        }

        _file.Write(_memory.WrittenSpan);
        return PutEncoder.StageFinished(put, _file.Finish(index));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _finished = true;
        _file?.Dispose();
        _memory.Dispose();
    }

    private void SpillIfLong()
    {
        if (_memory.WrittenCount >= encoder.LooseFrom)
        {
            _file ??= core.Loose.CreateWriter(key);
            _file.Write(_memory.WrittenSpan);
            _memory.Clear();
        }
    }
}
