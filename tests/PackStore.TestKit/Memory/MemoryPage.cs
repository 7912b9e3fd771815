using PackStore.Storage;

namespace PackStore.TestKit;

/// <summary>A shared page of a file in memory. Its stores stay pending for ever: see
/// <see cref="MemoryFile.PageWords"/>.</summary>
internal sealed unsafe class MemoryPage(MemoryFile file, bool writable, PoisonLedger? ledger) : SharedPage
{
    private bool _isDisposed;

    /// <inheritdoc/>
    public override ulong Read(int index)
    {
        ThrowIfUnusable(index);
        return Volatile.Read(ref *file.Content.Word(index));
    }

    /// <inheritdoc/>
    public override void Write(int index, ulong value)
    {
        ThrowIfUnusable(index);
        if (!writable)
        {
            throw new InvalidOperationException("The file was opened for reading.");
        }

        lock (file.Gate)
        {
            Volatile.Write(ref *file.Content.Word(index), value);
            file.Content.NoteChange();
            file.WrittenEnd = Math.Max(file.WrittenEnd, Bytes);
            file.PageWords[index] = value;
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        lock (file.Gate)
        {
            if (!_isDisposed)
            {
                _isDisposed = true;
                file.Holds--;
                file.FreeIfUnused();
            }
        }
    }

    private void ThrowIfUnusable(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)WordCount, nameof(index));
        if (Volatile.Read(ref _isDisposed))
        {
            // The real page is unmapped: this would be a fault whenever the check before it came too early.
            ledger?.NoteMisuse("a shared page was used after it was given back");
            throw new ObjectDisposedException(nameof(SharedPage));
        }
    }
}
