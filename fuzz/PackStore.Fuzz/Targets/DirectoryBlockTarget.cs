using PackStore.Format;

namespace PackStore.Fuzz.Targets;

/// <summary>A directory block or footer: a whole record.</summary>
internal sealed class DirectoryBlockTarget : IFuzzTarget
{
    public string Name => "directory-block";

    public IReadOnlyList<byte[]> Seeds() =>
    [
        Samples.Directory(0, 0, 0), Samples.Directory(2, 1, 0), Samples.Directory(3, 2, 5),
        Samples.Directory(70, 0, 70),
    ];

    public bool Run(ReadOnlySpan<byte> input) =>
        input.Length >= RecordHeaderLayout.Size
        && RecordHeader.TryRead(input[..RecordHeaderLayout.Size], input.Length, out RecordHeader header)
        && Check(input[..header.RecordLength], header);

    public void Repair(Span<byte> input) => Samples.RepairRecord(input);

    /// <summary>Parses; whether it is accepted. Throws if a search goes wrong or it does not encode again.</summary>
    public static bool Check(ReadOnlySpan<byte> record, scoped in RecordHeader header)
    {
        if (!DirectoryBlock.TryRead(record, header, out DirectoryBlock block, out _))
        {
            return false;
        }

        DirectoryEntry[] entries = new DirectoryEntry[block.Count];
        bool sorted = true;
        for (int i = 0; i < entries.Length; i++)
        {
            entries[i] = block[i];
            sorted &= i == 0 || entries[i - 1].Hash <= entries[i].Hash;
        }

        foreach (DirectoryEntry entry in entries.Append(default))
        {
            int found = block.LowerBound(entry.Hash);
            FuzzFailureException.Require(
                sorted ? found == Array.FindIndex(entries, e => e.Hash >= entry.Hash) || found == entries.Length
                    : found >= 0 && found <= entries.Length,
                "finds the first of a hash");
        }

        CheckEncoding(block, entries);
        return true;
    }

    private static void CheckEncoding(scoped in DirectoryBlock block, DirectoryEntry[] entries)
    {
        (long Offset, int Count)[] contents = new (long, int)[block.ContentsCount];
        for (int i = 0; i < contents.Length; i++)
        {
            contents[i] = block.Contents(i);
        }

        ushort[] hours = new ushort[block.RecencyCount];
        for (int i = 0; i < hours.Length; i++)
        {
            hours[i] = block.Recency(i);
        }

        if (!block.IsFooter && hours.Length > 0)
        {
            // Only a footer is written with hours.
            return;
        }

        DirectoryFooter? footer = block.IsFooter ? new DirectoryFooter(block.LiveBytes, hours) : null;
        byte[] encoded = new byte[DirectoryBlock.MeasureRecord(entries.Length, contents.Length, hours.Length)];
        DirectoryBlock.Write(
            encoded, entries, contents, block.CoveredFrom, block.CoveredTo, block.MaxSequence, footer);
        FuzzFailureException.Require(
            RecordHeader.TryRead(encoded.AsSpan(0, RecordHeaderLayout.Size), encoded.Length, out RecordHeader header)
                && DirectoryBlock.TryRead(encoded, header, out DirectoryBlock again, out _)
                && AreSame(block, again),
            "encodes again");
    }

    private static bool AreSame(scoped in DirectoryBlock a, scoped in DirectoryBlock b)
    {
        bool same = a.Count == b.Count && a.IsFooter == b.IsFooter && a.CoveredFrom == b.CoveredFrom
            && a.CoveredTo == b.CoveredTo && a.MaxSequence == b.MaxSequence
            && (!a.IsFooter || a.LiveBytes == b.LiveBytes)
            && a.ContentsCount == b.ContentsCount && a.RecencyCount == b.RecencyCount;
        for (int i = 0; same && i < a.Count; i++)
        {
            same = a[i] == b[i];
        }

        for (int i = 0; same && i < a.ContentsCount; i++)
        {
            same = a.Contents(i) == b.Contents(i);
        }

        for (int i = 0; same && i < a.RecencyCount; i++)
        {
            same = a.Recency(i) == b.Recency(i);
        }

        return same;
    }
}
