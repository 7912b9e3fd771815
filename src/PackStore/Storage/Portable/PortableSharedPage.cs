using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PackStore.Storage.Portable;

/// <summary>
/// One page of a file, read through a view and written by writes of one word: nothing is known of how the file system
/// would take a store through the view.
/// </summary>
internal sealed unsafe class PortableSharedPage : SharedPage
{
    private readonly SharedHandle _file;
    private readonly SafeMemoryMappedViewHandle _view;
    private readonly string _name;
    private readonly bool _writable;
    private ulong* _words;

    /// <summary>Maps the first page, which is there.</summary>
    public PortableSharedPage(SharedHandle file, string name, bool writable)
    {
        _view = PortableMap.View(file, name, Bytes, out byte* start);
        _file = file.Share();
        _name = name;
        _writable = writable;
        _words = (ulong*)start;
    }

    /// <inheritdoc/>
    public override ulong Read(int index) => Volatile.Read(ref *Word(index));

    /// <inheritdoc/>
    public override void Write(int index, ulong value)
    {
        _ = Word(index);
        if (!_writable)
        {
            throw new InvalidOperationException($"'{_name}' was opened for reading.");
        }

        Interlocked.MemoryBarrier();
        RandomAccess.Write(
            _file.Handle, MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in value)), (long)index * sizeof(ulong));
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (_words != null)
        {
            _words = null;
            PortableMap.Unmap(_view);
            _file.Release();
        }
    }

    private ulong* Word(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)WordCount, nameof(index));
        ulong* words = _words;
        ObjectDisposedException.ThrowIf(words == null, this);
        return words + index;
    }
}
