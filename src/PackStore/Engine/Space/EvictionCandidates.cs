using System.Runtime.CompilerServices;
using PackStore.Format;
using PackStore.Index;

namespace PackStore.Engine.Space;

/// <summary>
/// Slots of the index that may be evicted, with what the directory blocks say of their records: 32 bytes each, for the
/// length of one eviction.
/// </summary>
/// <remarks>Once sorted they are in the order of their places, so that a segment's are one range and its directory
/// blocks are read front to back.</remarks>
internal sealed class EvictionCandidates
{
    private const int HourShift = 1;
    private const int LocationShift = 17;
    private const int LineBits = 24;
    private readonly Dictionary<int, (int Files, long Bytes)> _loose = [];
    private ulong[] _keys;
    private long[] _slots;
    private int[] _lengths = [];
    private int[] _payloads = [];

    public EvictionCandidates(int capacity)
    {
        _keys = new ulong[capacity];
        _slots = new long[capacity];
    }

    /// <summary>How many.</summary>
    public int Count { get; private set; }

    /// <summary>Takes one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(long slot, ulong word, ushort hour, bool isTouched)
    {
        if (Count == _keys.Length)
        {
            Grow();
        }

        ulong location = (word & IndexWord.LocationMask) >> IndexWord.LineShift;
        _keys[Count] = (location << LocationShift) | ((ulong)hour << HourShift) | (isTouched ? 1UL : 0);
        _slots[Count++] = slot;
    }

    /// <summary>Sorts by place. After the last one was added.</summary>
    public void Sort()
    {
        new KeyedSorter().Sort(ref _keys, ref _slots, Count, LocationShift);
        _lengths = new int[Count];
        _payloads = new int[Count];
    }

    /// <summary>Its slot as it was found.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public SeenSlot SlotOf(int index) =>
        new(_slots[index], _keys[index] >> LocationShift << IndexWord.LineShift, HourOf(index), index);

    /// <summary>The hour it was last used.</summary>
    public ushort HourOf(int index) => (ushort)(_keys[index] >> HourShift);

    /// <summary>Whether a hit within that hour is known.</summary>
    public bool IsTouched(int index) => (_keys[index] & 1) != 0;

    /// <summary>Where its record stands.</summary>
    public RecordLocation LocationOf(int index) => new(SegmentOf(index), OffsetOf(index));

    /// <summary>Its record's segment.</summary>
    public int SegmentOf(int index) => (int)(_keys[index] >> (LocationShift + LineBits));

    /// <summary>Its record's offset.</summary>
    public long OffsetOf(int index) => (long)LineOf(index) << 6;

    /// <summary>Its record's offset in lines of 64 bytes.</summary>
    public ulong LineOf(int index) => (_keys[index] >> LocationShift) & ((1UL << LineBits) - 1);

    /// <summary>Length of its record; 0 if it could not be told, then it stays.</summary>
    public int LengthOf(int index) => _lengths[index];

    /// <summary>Number of its outputs.</summary>
    public int PayloadsOf(int index) => _payloads[index];

    /// <summary>Its loose files.</summary>
    public (int Files, long Bytes) LooseOf(int index) => _loose.GetValueOrDefault(index);

    /// <summary>Whether any has loose files.</summary>
    public bool HaveLoose => _loose.Count > 0;

    /// <summary>Whether it has loose files.</summary>
    public bool HasLoose(int index) => _loose.Count > 0 && _loose.ContainsKey(index);

    /// <summary>What it adds to the store's live bytes.</summary>
    public long BytesOf(int index) => _lengths[index] + (_loose.Count > 0 ? LooseOf(index).Bytes : 0);

    /// <summary>Notes what is known of its record.</summary>
    public void Describe(int index, int length, int payloads)
    {
        _lengths[index] = length;
        _payloads[index] = payloads;
    }

    /// <summary>Notes the loose files that its record names.</summary>
    public void DescribeLoose(int index, int files, long bytes)
    {
        if (files > 0)
        {
            _loose[index] = (files, bytes);
        }
    }

    /// <summary>The first from a number on that is in that segment at that offset or behind it.</summary>
    public int LowerBound(int from, int segmentId, long offset)
    {
        ulong key = (((ulong)segmentId << LineBits) | (ulong)(offset >> 6)) << LocationShift;
        int found = MemoryExtensions.BinarySearch<ulong>(_keys.AsSpan(from, Count - from), key);
        return from + (found < 0 ? ~found : found);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow()
    {
        Array.Resize(ref _keys, checked(Count * 2));
        Array.Resize(ref _slots, Count * 2);
    }
}
