using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using PackStore.Format;
using PackStore.Proof;

namespace PackStore.Index;

/// <summary>
/// One walk over the slots whose tag is that of a hash. Each is a candidate only: the record's key decides.
/// </summary>
/// <remarks>Lives on the stack of one lookup, inside an epoch section. One vector compare looks at all tags of a
/// bucket.</remarks>
internal ref struct IndexProbe
{
    private readonly IndexTable _table;
    private readonly ulong _hash;
    private ulong _shape;
    private ref IndexBucket _bucket;
    private uint _lanes;
    private ulong _tag;
    private int _number;
    private int _hops;
    private int _lane;

    public IndexProbe(IndexTable table, ulong hash)
    {
        _table = table;
        _hash = hash;
        Start();
    }

    /// <summary>The candidate's word as it was seen.</summary>
    public ulong Word { get; private set; }

    /// <summary>The slot itself.</summary>
    [UnscopedRef]
    public readonly ref ulong WordReference => ref _bucket[_lane];

    /// <summary>Hour at which the candidate was last used.</summary>
    public readonly ushort Hour => RecencyOf();

    /// <summary>Goes to the next candidate.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MoveNext()
    {
        while (true)
        {
            while (_lanes != 0)
            {
                int lane = BitOperations.TrailingZeroCount(_lanes);
                _lanes &= _lanes - 1;
                ulong word = Volatile.Read(ref _bucket[lane]);
                if (word != 0 && word >> IndexWord.TagShift == _tag)
                {
                    Word = word;
                    _lane = lane;
                    return true;
                }
            }

            if (!TryFollow())
            {
                return false;
            }
        }
    }

    /// <summary>The lanes of a bucket whose words have a tag, a bit each; the control word in lane 0 never
    /// counts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Match(ref ulong bucket, ulong tag)
    {
        Vector512<ulong> tags = Vector512.ShiftRightLogical(Vector512.LoadUnsafe(ref bucket), IndexWord.TagShift);
        return (uint)Vector512.Equals(tags, Vector512.Create(tag)).ExtractMostSignificantBits() & 0xFE;
    }

    /// <summary>Notes that this process has checked the candidate's checksums. A lost race costs a second check
    /// only.</summary>
    public readonly void SetVerified() =>
        Interlocked.CompareExchange(ref _bucket[_lane], Word | IndexWord.Verified, Word);

    /// <summary>Whether a use at an hour is noted already.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool IsTouched(int hour)
    {
        ulong control = Volatile.Read(ref _bucket[0]);
        return (control & (1UL << (_lane - 1))) != 0 && IndexControl.Hour(control) == hour;
    }

    /// <summary>Notes a use at an hour. In the common case, used before within the hour, this reads one word of a line
    /// that is at hand.
    /// Says whether the hour is new to the slot.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool Touch(int hour)
    {
        ulong control = Volatile.Read(ref _bucket[0]);
        ulong bit = 1UL << (_lane - 1);
        return ((control & bit) == 0 || IndexControl.Hour(control) != hour) && TouchSlow(control, bit, hour);
    }

    /// <summary>Sets the hour of the candidate's slot. Under the write lock.</summary>
    public readonly void SetHour(ushort hour)
    {
        if (_number >= 0)
        {
            _table.Recency(_number)[_lane] = hour;
        }
        else
        {
            _table.OverflowRecency(~_number)[_lane] = hour;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly bool TouchSlow(ulong control, ulong bit, int hour)
    {
        bool isNew = RecencyOf() < hour;
        if (isNew)
        {
            SetHour((ushort)hour);
            _table.NoteRecencyChange();
        }

        while (true)
        {
            ulong touched = IndexControl.Hour(control) == hour ? control & IndexControl.TouchedMask : 0;
            ulong next = (control & ~(IndexControl.TouchedMask | IndexControl.HourMask)) | touched | bit
                | ((ulong)hour << IndexControl.HourShift);
            ulong was = Interlocked.CompareExchange(ref _bucket[0], next, control);
            if (was == control)
            {
                return isNew;
            }

            control = was;
        }
    }

    private readonly ushort RecencyOf() =>
        _number >= 0 ? _table.Recency(_number)[_lane] : _table.OverflowRecency(~_number)[_lane];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Start()
    {
        _shape = _table.Shape;
        SchedulePoint.Reach("probe.shape");
        _number = TableShape.BucketOf(_shape, _hash);
        _bucket = ref _table.Bucket(_number);
        _tag = IndexWord.Tag(_hash, IndexControl.TagBase(Volatile.Read(ref _bucket[0])));
        _hops = 0;
        Match();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Match()
    {
        _lanes = Match(ref _bucket[0], _tag);
        SchedulePoint.Reach("probe.matched");
    }

    /// <summary>Goes on to the overflow bucket, or starts again if entries moved meanwhile.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryFollow()
    {
        SchedulePoint.Reach("probe.passed");
        int link = IndexControl.Overflow(Volatile.Read(ref _bucket[0]));
        int overflow = _table.OverflowCount;
        // A garbage link from a damaged snapshot ends the chain, and so does a circle.
        if (link != 0 && link <= overflow && _hops++ <= overflow)
        {
            _number = ~(link - 1);
            _bucket = ref _table.OverflowBucket(link - 1);
            Match();
            return true;
        }

        if (!TableShape.IsMoving(_shape) && _table.Shape == _shape)
        {
            return false;
        }

        SpinWait wait = default;
        while (TableShape.IsMoving(_table.Shape))
        {
            SchedulePoint.Stall("probe.moving");
            wait.SpinOnce(sleep1Threshold: -1);
        }

        Start();
        return true;
    }
}
