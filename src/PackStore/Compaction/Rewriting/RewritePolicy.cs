using PackStore.Engine;
using PackStore.Format;

namespace PackStore.Compaction.Rewriting;

/// <summary>What a copy does to a payload.</summary>
internal enum PayloadFate
{
    /// <summary>It stays where and how it is.</summary>
    Keep,

    /// <summary>It is raw in the segment, and becomes a zstd frame there if that pays.</summary>
    Compress,

    /// <summary>It is a loose file, and goes into the segment.</summary>
    FoldIn,

    /// <summary>It is in the segment, and goes to a loose file.</summary>
    FoldOut,
}

/// <summary>Which payloads of a record that is copied anyway are stored in another way in the copy.</summary>
/// <remarks>
/// By size: a loose file of less than half the store's threshold goes into the segment, a payload of the threshold or
/// more goes out of it. Between the two nothing moves, so that a threshold that is changed a little moves nothing back
/// and forth. A file whose inode is shared with somebody stays: the sharing is what was asked for.
/// </remarks>
internal sealed class RewritePolicy
{
    /// <summary>Shorter payloads are not worth a frame, and the decoding at each hit.</summary>
    public const int LeastCompressed = 32 << 10;

    /// <summary>No record becomes longer than this by being rewritten, and of a longer one nothing is compressed or
    /// taken in: it bounds the memory that a rewrite takes.</summary>
    public const int MostRecordBytes = 8 << 20;

    private readonly long _foldInBelow;
    private readonly long _foldOutFrom = long.MaxValue;
    private readonly int _coldHour = -1;

    private RewritePolicy()
    {
    }

    private RewritePolicy(StoreCore core, CompactionOptions options)
    {
        if (options.FoldLoose)
        {
            _foldInBelow = core.Options.LooseThresholdBytes / 2;
            _foldOutFrom = core.Options.LooseThresholdBytes;
        }

        if (options.RecompressLevel is not null)
        {
            int hours = (int)Math.Min(Math.Ceiling(options.RecompressUnusedFor.TotalHours), ushort.MaxValue);
            _coldHour = core.HourOf(core.Options.TimeProvider.GetUtcNow()) - hours;
        }
    }

    /// <summary>Copies are as they were.</summary>
    public static RewritePolicy Verbatim { get; } = new();

    /// <summary>Whether cold payloads are compressed.</summary>
    public bool Compresses => _coldHour >= 0;

    /// <summary>What the options ask for.</summary>
    public static RewritePolicy Of(StoreCore core, CompactionOptions options) => new(core, options);

    /// <summary>Whether payloads of a record that was last used in an hour are compressed.</summary>
    public bool IsCold(ushort hour) => hour <= _coldHour;

    /// <summary>Whether a copy of the record may differ from it, by what is known without reading it.</summary>
    public bool MayChange(in LiveRecord record) => record.Entry.Kind == RecordKind.Artifact
        && ((record.Entry.HasLoose && _foldInBelow > 0) || record.Entry.Length > _foldOutFrom
            || MayCompress(record));

    /// <summary>Whether it may have payloads to compress.</summary>
    public bool MayCompress(in LiveRecord record) => record.Entry.Kind == RecordKind.Artifact
        && record.Entry.Length is >= LeastCompressed and <= MostRecordBytes && IsCold(record.Hour);

    /// <summary>What becomes of a payload. One that is taken in may be compressed besides, see <see
    /// cref="IsCompressible"/>.</summary>
    public PayloadFate FateOf(in PayloadDescriptor payload, bool isCold) => payload switch
    {
        { Tier: PayloadTier.Loose } => !payload.SharesInode && payload.StoredLength < _foldInBelow
            ? PayloadFate.FoldIn
            : PayloadFate.Keep,
        _ when payload.StoredLength >= _foldOutFrom => PayloadFate.FoldOut,
        _ => isCold && IsCompressible(payload) ? PayloadFate.Compress : PayloadFate.Keep,
    };

    /// <summary>Whether a payload is raw, and long enough to be compressed.</summary>
    public static bool IsCompressible(in PayloadDescriptor payload) =>
        payload is { Encoding: PayloadEncoding.Raw, StoredLength: >= LeastCompressed };
}
