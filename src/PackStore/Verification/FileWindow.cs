using System.Buffers;
using System.IO.Hashing;
using PackStore.Format;
using PackStore.Storage;

namespace PackStore.Verification;

/// <summary>
/// Reads a file front to back through one pooled buffer, in large pieces while it is read in order and in small ones
/// after a jump.
/// </summary>
/// <remarks>Positional reads, never the shared map: a sector that cannot be read is an error to report and not a
/// signal, and what is read
/// only once does not push out pages that serve hits. Spans are valid until the next call.</remarks>
internal sealed class FileWindow(VerifyRun run, IStoreFile file) : IDisposable
{
    private const int LargestBytes = 4 << 20;
    private const int SmallestBytes = 64 << 10;
    private const int PageBytes = 4096;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(SmallestBytes);
    private int _size = SmallestBytes;
    private long _start;
    private int _count;

    /// <summary>Nothing at or behind this offset is read.</summary>
    public long Limit { get; set; }

    /// <summary>The first offset that could not be read, or -1.</summary>
    public long UnreadableAt { get; private set; } = -1;

    /// <summary>What the system said there.</summary>
    public string Problem { get; private set; } = "";

    /// <summary>Bytes of the file; fewer than asked for only at the limit or the end of the file.</summary>
    public ReadOnlySpan<byte> Read(long offset, int length)
    {
        if (offset < _start || offset + length > _start + _count)
        {
            Fill(offset, length);
        }

        return _buffer.AsSpan((int)(offset - _start), (int)Math.Clamp(_start + _count - offset, 0, length));
    }

    /// <summary>Checksum of a range; false if the file ends before.</summary>
    public bool TryChecksum(long offset, long length, out ulong checksum)
    {
        if (offset >= _start && offset + length <= _start + _count)
        {
            checksum = Checksum.Of(_buffer.AsSpan((int)(offset - _start), (int)length));
            return true;
        }

        XxHash3 hash = new();
        while (length > 0)
        {
            if (offset < _start || offset >= _start + _count)
            {
                Fill(offset, 1);
            }

            int here = (int)Math.Min(_start + _count - offset, length);
            if (here <= 0)
            {
                checksum = 0;
                return false;
            }

            hash.Append(_buffer.AsSpan((int)(offset - _start), here));
            offset += here;
            length -= here;
        }

        checksum = hash.GetCurrentHashAsUInt64();
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private void Fill(long offset, int length)
    {
        run.Token.ThrowIfCancellationRequested();
        run.Progress.At(offset);
        bool inOrder = offset >= _start && offset <= _start + _count;
        _size = inOrder ? Math.Min(_size * 4, LargestBytes) : SmallestBytes;
        int wanted = (int)Math.Clamp(Limit - offset, 0, Math.Max(_size, length));
        if (wanted > _buffer.Length)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
            _buffer = ArrayPool<byte>.Shared.Rent(wanted);
        }

        _start = offset;
        _count = 0;
        try
        {
            _count = file.Read(offset, _buffer.AsSpan(0, wanted));
        }
        catch (IOException)
        {
            _count = ReadAround(offset, wanted);
        }

        run.Bytes += _count;
    }

    /// <summary>Reads page by page, taking those that cannot be read for zeros, which no check accepts.</summary>
    private int ReadAround(long offset, int wanted)
    {
        for (int done = 0; done < wanted;)
        {
            int piece = Math.Min(wanted - done, PageBytes - (int)((offset + done) % PageBytes));
            try
            {
                int read = file.Read(offset + done, _buffer.AsSpan(done, piece));
                if (read < piece)
                {
                    return done + read;
                }
            }
            catch (IOException e) when (!run.IsStrict || StorageError.IsMedium(e))
            {
                _buffer.AsSpan(done, piece).Clear();
                if (UnreadableAt < 0)
                {
                    UnreadableAt = offset + done;
                    Problem = e.Message;
                }
            }

            done += piece;
        }

        return wanted;
    }
}
