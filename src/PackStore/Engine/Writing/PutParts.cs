using PackStore.Format;
using PackStore.Segments;

namespace PackStore.Engine.Writing;

/// <summary>The parts of one put as they are made ready: names, modes, and what is stored, outputs first, then
/// streams.</summary>
internal sealed class PutParts(int count)
{
    private int _streams;

    public string[] Names { get; } = count == 0 ? [] : new string[count];

    public UnixFileMode?[] Modes { get; } = count == 0 ? [] : new UnixFileMode?[count];

    /// <summary>Room for the outputs and both streams.</summary>
    public StoredPayload[] Staged { get; } = new StoredPayload[count + 2];

    /// <summary>Which streams there are.</summary>
    public RecordFlags Streams { get; private set; }

    /// <summary>Outputs and streams so far.</summary>
    public int Count => count + _streams;

    /// <summary>What is stored.</summary>
    public ReadOnlySpan<StoredPayload> All => Staged.AsSpan(0, Count);

    /// <summary>Adds a stream behind the outputs.</summary>
    public void AddStream(RecordFlags flag, in StoredPayload stream)
    {
        Staged[Count] = stream;
        _streams++;
        Streams |= flag;
    }

    /// <summary>The longest part that would go into the segment, or -1.</summary>
    public int FindLargestInPack()
    {
        int largest = -1;
        for (int i = 0; i < Count; i++)
        {
            PayloadDescriptor d = Staged[i].Descriptor;
            if (d.Tier == PayloadTier.Pack && d.StoredLength > 0
                && (largest < 0 || d.StoredLength > Staged[largest].Descriptor.StoredLength))
            {
                largest = i;
            }
        }

        return largest;
    }
}
