using PackStore.Segments;

namespace PackStore.Compaction;

/// <summary>A segment that is to be rewritten.</summary>
internal sealed class Victim(Segment segment, long fileLength, long gain)
{
    /// <summary>The segment.</summary>
    public Segment Segment => segment;

    /// <summary>Length of its file.</summary>
    public long FileLength => fileLength;

    /// <summary>Bytes that rewriting it gains, about.</summary>
    public long Gain => gain;

    /// <summary>Damage was met: its file is kept in quarantine.</summary>
    public bool IsDamaged { get; set; }

    /// <summary>It could not be read, and stays.</summary>
    public bool IsAbandoned { get; set; }
}
