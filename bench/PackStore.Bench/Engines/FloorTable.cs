using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Microsoft.Win32.SafeHandles;
using PackStore.Bench.Data;

namespace PackStore.Bench.Engines;

/// <summary>Open addressing, 16-byte entries (first 8 key bytes, location), never fuller than half. A reader sees the
/// fingerprint only after the location: the writer's release store pairs with the reader's dependent load.</summary>
internal sealed unsafe class FloorTable : IDisposable
{
    private const int FileHeaderLength = 4096;
    private readonly Entry* _entries;
    private readonly long _mappedLength;
    private readonly ulong _mask;
    private long _count;

    private FloorTable(Entry* entries, long capacity, long mappedLength)
    {
        _entries = entries;
        _mask = (ulong)capacity - 1;
        _mappedLength = mappedLength;
    }

    internal long UsedBytes => (long)(_mask + 1) * sizeof(Entry);

    internal static FloorTable Create(long artifacts)
    {
        long capacity = FloorPeer.CapacityFor(artifacts);
        nuint bytes = (nuint)capacity * (nuint)sizeof(Entry);
        var entries = (Entry*)NativeMemory.AlignedAlloc(bytes, 2 << 20);
        Native.AdviseHugePages(entries, (long)bytes);
        NativeMemory.Clear(entries, bytes);
        return new FloorTable(entries, capacity, 0);
    }

    internal static FloorTable Load(string path, out long end)
    {
        using SafeFileHandle file = File.OpenHandle(path);
        long length = RandomAccess.GetLength(file);
        byte* map = Native.MapForReading(file, length, copyOnWrite: true);
        end = *(long*)map;
        return new FloorTable((Entry*)(map + FileHeaderLength), (length - FileHeaderLength) / sizeof(Entry), length);
    }

    internal void Save(string path, long end)
    {
        if (_mappedLength != 0)
        {
            return;
        }

        using SafeFileHandle file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
        byte[] header = new byte[FileHeaderLength];
        MemoryMarshal.Write(header, end);
        RandomAccess.Write(file, header, 0);
        const int Piece = 1 << 20;
        for (long at = 0; at < UsedBytes; at += Piece)
        {
            int length = (int)Math.Min(Piece, UsedBytes - at);
            RandomAccess.Write(file, new ReadOnlySpan<byte>((byte*)_entries + at, length), FileHeaderLength + at);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Fingerprint(ReadOnlySpan<byte> key)
    {
        ulong value = Unsafe.ReadUnaligned<ulong>(ref MemoryMarshal.GetReference(key));
        return value == 0 ? 1 : value;
    }

    internal void Insert(ulong fingerprint, long location)
    {
        if (++_count > (long)(_mask + 1) / 2)
        {
            throw new InvalidOperationException("The floor was told of fewer artifacts than it is given.");
        }

        ulong slot = fingerprint & _mask;
        while (_entries[slot].Fingerprint != 0)
        {
            slot = (slot + 1) & _mask;
        }

        _entries[slot].Location = location;
        Volatile.Write(ref _entries[slot].Fingerprint, fingerprint);
    }

    /// <summary>The location of the next entry with this fingerprint at or after <paramref name="slot"/>, or
    /// -1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal long Find(ulong fingerprint, ref ulong slot)
    {
        while (true)
        {
            Entry* entry = _entries + (slot & _mask);
            slot++;
            ulong found = entry->Fingerprint;
            if (found == fingerprint)
            {
                return entry->Location;
            }

            if (found == 0)
            {
                return -1;
            }
        }
    }

    internal void Prefetch(ulong fingerprint)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(_entries + (fingerprint & _mask));
        }
    }

    public void Dispose()
    {
        if (_mappedLength != 0)
        {
            Native.Unmap((byte*)_entries - FileHeaderLength, _mappedLength);
        }
        else
        {
            NativeMemory.AlignedFree(_entries);
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Entry
    {
        internal ulong Fingerprint;
        internal long Location;
    }
}
