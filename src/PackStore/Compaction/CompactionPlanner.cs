using PackStore.Engine;
using PackStore.Format;
using PackStore.Segments;
using PackStore.Storage;

namespace PackStore.Compaction;

/// <summary>Picks the segments that are worth rewriting: most gained for the bytes copied first.</summary>
/// <remarks>Looks at counters and lengths of files only. The counters have to be exact.</remarks>
internal sealed class CompactionPlanner
{
    /// <summary>So many small segments are put together though nothing in them is dead.</summary>
    private const int ManySmall = 8;

    /// <summary>A segment of less than this share of a full one is small.</summary>
    private const int SmallShare = 8;

    /// <summary>Compressing has to save this share of a segment.</summary>
    private const int LeastSavedShare = 8;

    /// <summary>Bytes of directories that a record takes: an entry and its hour.</summary>
    private const int DirectoryBytes = 26;

    private readonly StoreCore _core;
    private readonly Segment? _active;
    private readonly long _segmentBytes;
    private readonly Dictionary<int, long> _lengths = [];
    private readonly long _recordBytes;

    /// <summary>Looks at the store.</summary>
    public CompactionPlanner(StoreCore core, Segment? active)
    {
        _core = core;
        _active = active;
        _segmentBytes = core.Options.SegmentSizeBytes ?? core.Identity.SegmentSizeBytes;
        foreach (StoreEntry entry in core.Directory.List(StoreFileNames.Segments))
        {
            if (StoreFileNames.TryParseSegment(entry.Name, out int id))
            {
                _lengths[id] = entry.Length;
            }
        }

        long live = core.State.Segments.All.Sum(static s => s.LiveBytes);
        _recordBytes = Math.Max(FormatLimits.RecordAlignment, live / Math.Max(1, core.Accounting.Counters.Artifacts));
    }

    /// <summary>Number of segments, and bytes of their files.</summary>
    public (int Segments, long Bytes) Files => (_lengths.Count, _lengths.Values.Sum());

    /// <summary>The segments that rewriting makes smaller by a share of their length, the active one among them, and
    /// many small ones.</summary>
    /// <param name="deadRatio">The share.</param>
    /// <param name="savingsOf">About how many bytes of a segment compressing its payloads would save; null where
    /// nothing is compressed. That costs something, so only segments are asked that are not chosen anyway.</param>
    public List<Victim> ChooseAll(double deadRatio, Func<Segment, long>? savingsOf)
    {
        List<Victim> chosen = [];
        List<Victim> small = [];
        foreach (Segment segment in _core.State.Segments.All.Where(s => s != _active))
        {
            if (TryWeigh(segment, isActive: false) is not { } victim)
            {
                continue;
            }

            if (IsWorthwhile(victim, deadRatio, victim.FileLength))
            {
                chosen.Add(victim);
            }
            else if (TrySave(victim, savingsOf) is { } saving)
            {
                chosen.Add(saving);
            }
            else if (victim.FileLength < _segmentBytes / SmallShare)
            {
                small.Add(victim);
            }
        }

        if (small.Count >= ManySmall)
        {
            chosen.AddRange(small);
        }

        // Behind a segment of copies it is no longer the active one, and what is reserved in it is for nobody.
        bool staysActive = !chosen.Exists(static v => v.Segment.LiveBytes > 0);
        if (_active is not null && TryWeigh(_active, staysActive) is { } last)
        {
            if (IsWorthwhile(last, deadRatio, staysActive ? Align(_active.CommittedEnd) : last.FileLength))
            {
                chosen.Add(last);
            }
            else if (TrySave(last, savingsOf) is { } saving)
            {
                chosen.Add(saving);
            }
        }

        return InOrder(chosen);
    }

    /// <summary>A segment that is rewritten for the sake of compressing what is in it: if that alone makes it an eighth
    /// smaller.</summary>
    private static Victim? TrySave(Victim victim, Func<Segment, long>? savingsOf)
    {
        if (savingsOf is null || victim.Segment.LiveBytes < Rewriting.RewritePolicy.LeastCompressed)
        {
            return null;
        }

        long savings = savingsOf(victim.Segment);
        return savings >= Math.Max(FormatLimits.BlockAlignment, victim.Segment.CommittedEnd / LeastSavedShare)
            ? new Victim(victim.Segment, victim.FileLength, victim.Gain + savings)
            : null;
    }

    /// <summary>Segments whose rewriting gains so many bytes together, as few and as cheap as possible. Never the
    /// active one.</summary>
    public List<Victim> ChooseFor(long wantedBytes, double leastRatio)
    {
        List<Victim> all = [];
        foreach (Segment segment in _core.State.Segments.All)
        {
            if (segment != _active && TryWeigh(segment, isActive: false) is { } victim
                && IsWorthwhile(victim, leastRatio, victim.FileLength))
            {
                all.Add(victim);
            }
        }

        List<Victim> chosen = [];
        foreach (Victim victim in InOrder(all))
        {
            if (wantedBytes <= 0)
            {
                break;
            }

            chosen.Add(victim);
            wantedBytes -= victim.Gain;
        }

        return chosen;
    }

    /// <summary>What is dead costs nothing; what lives has to be copied. Older segments first where that is
    /// equal, and somewhat before younger ones that gain more: what is young goes on dying by itself, and a copy of it
    /// would soon be copied again.</summary>
    /// <remarks>See docs/decisions/20261126-victims-by-age.md. Numbers are given in the order in which segments come
    /// to be, those of copies too.</remarks>
    private List<Victim> InOrder(List<Victim> victims)
    {
        int newest = _core.State.Segments.LastId;
        victims.Sort((a, b) =>
            Worth(b).CompareTo(Worth(a)) is var c && c != 0 ? c : a.Segment.Id.CompareTo(b.Segment.Id));
        return victims;

        double Worth(Victim victim) =>
            victim.Gain / (victim.Segment.LiveBytes + 1.0) * Math.Sqrt(Math.Max(1, newest - victim.Segment.Id + 1));
    }

    private static bool IsWorthwhile(Victim victim, double ratio, long length) =>
        victim.Gain >= Math.Max(FormatLimits.BlockAlignment, ratio * length);

    /// <summary>What is reserved behind the active segment's end is not for rewriting to gain.</summary>
    private Victim? TryWeigh(Segment segment, bool isActive) =>
        // One that lost its end is for a repair: its damage must not be forgotten with it.
        _lengths.TryGetValue(segment.Id, out long fileLength) && !_core.AbsentSegments.Contains(segment.Id)
            ? new Victim(
                segment, fileLength,
                (isActive ? Align(segment.CommittedEnd) : fileLength) - CopyLength(segment.LiveBytes))
            : null;

    /// <summary>About how long a segment of so many live bytes is.</summary>
    private long CopyLength(long liveBytes) => liveBytes <= 0
        ? 0
        : Align(SegmentHeaderLayout.Size + liveBytes + (liveBytes / _recordBytes * DirectoryBytes)
            + DirectoryBlock.MeasureRecord(0, 1, 0) + SegmentTrailerLayout.Size);

    private static long Align(long bytes) =>
        (bytes + FormatLimits.BlockAlignment - 1) & ~(FormatLimits.BlockAlignment - 1L);
}
