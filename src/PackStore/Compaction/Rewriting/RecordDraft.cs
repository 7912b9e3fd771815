using System.Buffers;
using PackStore.Format;
using PackStore.Segments;

namespace PackStore.Compaction.Rewriting;

/// <summary>What the copy of one record is to be: the fate of each payload, and, as they become known, how it will be
/// stored.</summary>
internal sealed class RecordDraft
{
    private readonly RecordHeader _header;
    private readonly PayloadDescriptor[] _before;
    private readonly PayloadFate[] _fates;
    private readonly StoredPayload[] _after;
    private readonly bool _isCold;

    /// <summary>Decides what becomes of the payloads, by their lengths and the record's age. What would make the record
    /// longer than a bound, or the victim take more room than it may, stays out.</summary>
    public RecordDraft(
        RewritePolicy policy, in RecordHeader header, PayloadDescriptor[] before, bool isCold, long mostBytes,
        long foldBudget)
    {
        _header = header;
        _before = before;
        _isCold = isCold;
        _fates = new PayloadFate[before.Length];
        _after = new StoredPayload[before.Length];
        for (int i = 0; i < before.Length; i++)
        {
            _fates[i] = policy.FateOf(before[i], isCold);
            mostBytes += _fates[i] == PayloadFate.FoldOut ? before[i].StoredLength : 0;
            _after[i] = new StoredPayload(before[i], ReadOnlySequence<byte>.Empty);
        }

        long room = Math.Min(mostBytes - header.RecordLength, foldBudget);
        for (int i = 0; i < before.Length; i++)
        {
            if (_fates[i] == PayloadFate.FoldIn)
            {
                long needed = before[i].StoredLength + FormatLimits.BlockAlignment;
                _fates[i] = needed <= room ? PayloadFate.FoldIn : PayloadFate.Keep;
                room -= needed <= room ? needed : 0;
            }

            Move(i);
        }
    }

    /// <summary>The payloads as the record has them.</summary>
    public IReadOnlyList<PayloadDescriptor> Before => _before;

    /// <summary>The payloads as the copy will have them.</summary>
    public ReadOnlySpan<StoredPayload> After => _after;

    /// <summary>Whether the copy will be another than the record, as far as is known.</summary>
    public bool Changes => MovesFiles || Has(PayloadFate.Compress);

    /// <summary>Whether payloads go between segment and loose files.</summary>
    public bool MovesFiles => Has(PayloadFate.FoldIn) || Has(PayloadFate.FoldOut);

    /// <summary>Bytes that come out of loose files.</summary>
    public long FoldedInBytes => Sum(PayloadFate.FoldIn);

    /// <summary>Bytes that go into loose files.</summary>
    public long FoldedOutBytes => Sum(PayloadFate.FoldOut);

    /// <summary>What becomes of a payload.</summary>
    public PayloadFate FateOf(int index) => _fates[index];

    /// <summary>Whether any payload has a fate.</summary>
    public bool Has(PayloadFate fate) => Array.IndexOf(_fates, fate) >= 0;

    /// <summary>How many payloads have a fate.</summary>
    public int Count(PayloadFate fate) => _fates.Count(f => f == fate);

    /// <summary>Whether a payload is to be compressed where that pays; it may be taken in besides.</summary>
    public bool Compresses(int index) => _fates[index] == PayloadFate.Compress
        || (_fates[index] == PayloadFate.FoldIn && _isCold && RewritePolicy.IsCompressible(_before[index]));

    /// <summary>Bytes of the payloads that are to be compressed where that pays.</summary>
    public long CompressibleBytes
    {
        get
        {
            long bytes = 0;
            for (int i = 0; i < _before.Length; i++)
            {
                bytes += Compresses(i) ? _before[i].StoredLength : 0;
            }

            return bytes;
        }
    }

    /// <summary>Leaves a payload as it is after all.</summary>
    public void Keep(int index)
    {
        _fates[index] = PayloadFate.Keep;
        _after[index] = new StoredPayload(_before[index], _after[index].Bytes);
    }

    /// <summary>Says how a payload will be stored.</summary>
    public void Set(int index, in PayloadDescriptor descriptor, ReadOnlyMemory<byte> bytes) =>
        _after[index] = new StoredPayload(descriptor, new ReadOnlySequence<byte>(bytes));

    /// <summary>What a directory will say of the copy, as far as is known: an upper bound of its length before payloads
    /// were compressed.</summary>
    public DirectoryEntry Describe(in DirectoryEntry record)
    {
        long length = PreparedRecord.Measure(
            _header.KeyLength, _header.MetadataLength, _after, out int phase, out RecordFlags flags);
        return record with
        {
            Offset = phase,
            Length = checked((int)length),
            HasLoose = flags.HasFlag(RecordFlags.Loose),
        };
    }

    private void Move(int index)
    {
        PayloadTier? tier = _fates[index] switch
        {
            PayloadFate.FoldIn => PayloadTier.Pack,
            PayloadFate.FoldOut => PayloadTier.Loose,
            _ => null,
        };
        if (tier is { } changed)
        {
            Set(index, _before[index] with { Place = 0, Tier = changed }, default);
        }
    }

    private long Sum(PayloadFate fate)
    {
        long bytes = 0;
        for (int i = 0; i < _fates.Length; i++)
        {
            bytes += _fates[i] == fate ? _before[i].StoredLength : 0;
        }

        return bytes;
    }
}
