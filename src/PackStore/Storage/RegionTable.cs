using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace PackStore.Storage;

/// <summary>
/// Mapped regions by number, laid out for the hit: one line says where a region starts, where it ends and which of its
/// chunks are resident.
/// </summary>
/// <remarks>
/// Readers need an epoch section, as for <see cref="MappedRegion"/>. An entry is set once, by a release store of the
/// stamps' address after everything else; until then it has the address of stamps of which none is ever current, so
/// that no reader has to ask whether it is set. A table is not changed otherwise: what holds it drops it whole.
/// </remarks>
internal sealed unsafe class RegionTable
{
    /// <summary>A chunk's length as a power of two; pages are populated, and stamped as resident, by whole
    /// chunks.</summary>
    public const int ChunkShift = 16;

    /// <summary>Bytes that a record has at least.</summary>
    public const uint LineBytes = 64;

    private static readonly byte[] s_nothing = GC.AllocateArray<byte>(1, pinned: true);

    private readonly Entry[] _entries;
    private readonly byte[]?[] _stamps;
    private readonly int _first;

    /// <summary>A table of unset entries for the numbers from <paramref name="first"/> on.</summary>
    public RegionTable(int first, int count)
    {
        _first = first;
        _entries = new Entry[count];
        _stamps = new byte[]?[count];
        foreach (ref Entry entry in _entries.AsSpan())
        {
            entry.Stamps = AddressOf(s_nothing);
            entry.Chunks = 1;
        }
    }

    /// <summary>Stamps for a region of this capacity: zero, which is never current, and at a fixed address.</summary>
    public static byte[] MakeStamps(long capacity) =>
        GC.AllocateArray<byte>((int)(capacity >> ChunkShift) + 1, pinned: true);

    /// <summary>Sets the entry of a number. The stamps are from <see cref="MakeStamps"/> for the region's capacity.
    /// Setting it again to the same does nothing.</summary>
    public void Set(int number, MappedRegion region, byte[] stamps)
    {
        int index = number - _first;
        _stamps[index] = stamps;
        ref Entry entry = ref _entries[index];
        entry.Start = region.Start;
        entry.Capacity = region.Capacity;
        entry.Chunks = 1;
        Volatile.Write(ref entry.Stamps, AddressOf(stamps));
        Volatile.Write(ref entry.Chunks, (ulong)stamps.Length);
    }

    /// <summary>Whether the entry of a number is set.</summary>
    public bool IsSet(int number) => _stamps[number - _first] is not null;

    /// <summary>The bytes at an offset, as many as the 32-bit number at <paramref name="lengthAt"/> in their first line
    /// says, at least <see cref="LineBytes"/>, if their chunks have the current stamp and there are that many. Nothing
    /// in every other case, which the careful way sorts out.</summary>
    /// <param name="number">Which region.</param>
    /// <param name="offset">Where, a multiple of 64.</param>
    /// <param name="lengthAt">Where in the line the length stands.</param>
    /// <param name="current">The stamp that resident chunks have.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> ReadSized(int number, long offset, int lengthAt, byte current)
    {
        Entry[] entries = _entries;
        uint index = (uint)(number - _first);
        if (index >= (uint)entries.Length)
        {
            return default;
        }

        ref Entry entry = ref entries[index];
        ulong chunk = (ulong)offset >> ChunkShift;
        if (chunk >= Volatile.Read(ref entry.Chunks))
        {
            return default;
        }

        byte* stamps = (byte*)Volatile.Read(ref entry.Stamps);
        byte* start = entry.Start + offset;
        Prefetch(start);
        if (stamps[chunk] != current)
        {
            return default;
        }

        // The last chunk is asked for also where it is the first: a branch that the processor can predict.
        uint length = *(uint*)(start + lengthAt);
        return length - LineBytes <= (ulong)(entry.Capacity - offset) - LineBytes
            && stamps[((ulong)offset + length - 1) >> ChunkShift] == current
            && (length <= 1 << ChunkShift || AreCurrent(ref entry, offset, length, current))
            ? MemoryMarshal.CreateReadOnlySpan(ref *start, (int)length)
            : default;
    }

    /// <summary>Bytes that were read and found resident before, in the same epoch section. False if the entry is not
    /// set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadAgain(int number, long offset, int length, out ReadOnlySpan<byte> bytes)
    {
        Entry[] entries = _entries;
        uint index = (uint)(number - _first);
        if (index < (uint)entries.Length)
        {
            ref Entry entry = ref entries[index];
            // Signed: where the entry is not set, or only half, nothing fits, and no order of its stores matters.
            if (entry.Start != null && length <= entry.Capacity - offset)
            {
                bytes = MemoryMarshal.CreateReadOnlySpan(ref *(entry.Start + offset), length);
                return true;
            }
        }

        bytes = default;
        return false;
    }

    /// <summary>Asks the processor to fetch the first lines at an offset, header, descriptors and the beginning of a
    /// small payload. A hint: does no harm where no memory is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(int number, long offset)
    {
        Entry[] entries = _entries;
        uint index = (uint)(number - _first);
        if (index < (uint)entries.Length && Sse.IsSupported)
        {
            byte* start = entries[index].Start + offset;
            Sse.Prefetch0(start);
            Sse.Prefetch0(start + 64);
            Sse.Prefetch0(start + 128);
            Sse.Prefetch0(start + 192);
            Sse.Prefetch0(start + 256);
            Sse.Prefetch0(start + 320);
            Sse.Prefetch0(start + 384);
        }
    }

    /// <summary>The table and the first payload lines of a small record are fetched beside its first line, not after
    /// it. Does no harm where no memory is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(byte* start)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(start + 64);
            Sse.Prefetch0(start + 192);
            Sse.Prefetch0(start + 256);
            Sse.Prefetch0(start + 320);
            Sse.Prefetch0(start + 384);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool AreCurrent(ref Entry entry, long offset, uint length, byte current)
    {
        for (long chunk = offset >> ChunkShift; chunk <= (offset + length - 1) >> ChunkShift; chunk++)
        {
            if (((byte*)entry.Stamps)[chunk] != current)
            {
                return false;
            }
        }

        return true;
    }

    private static nint AddressOf(byte[] pinned)
    {
        // The array does not move: its address holds when the fixed block is left.
        fixed (byte* start = pinned)
        {
            return (nint)start;
        }
    }

    /// <summary>Half a cache line. <c>Chunks</c> is the number of stamps; it is 1 whenever <c>Stamps</c> may be either
    /// of two arrays.</summary>
    private struct Entry
    {
        public byte* Start;
        public nint Stamps;
        public long Capacity;
        public ulong Chunks;
    }
}
