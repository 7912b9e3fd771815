using PackStore.Format;

namespace PackStore.Verification;

/// <summary>Checks single artifacts and tombstones whose header is sound.</summary>
internal sealed class RecordChecker(VerifyRun run, int id, FileWindow window)
{
    private readonly string _name = StoreFileNames.Segment(id);

    // Payloads of the record at hand, so that nothing is read while its body is looked at. Reused.
    private readonly List<PayloadDescriptor> _payloads = [];

    /// <summary>Records that have loose payloads.</summary>
    public List<LooseRecord> Loose { get; } = [];

    /// <summary>Whether the record checked last was sound to its last byte in the segment, as far as it was
    /// read.</summary>
    public bool WasSound { get; private set; }

    /// <summary>Checks one and notes it; returns what a directory block has to say of it.</summary>
    /// <param name="at">Its offset.</param>
    /// <param name="header">Its header.</param>
    /// <param name="listed">What a directory block does say, to tell a key that the damage may have hit.</param>
    /// <param name="isServed">Whether the segment is one that hits can come from.</param>
    /// <param name="isHashSure">False if the record's own damage leaves its key in doubt.</param>
    public DirectoryEntry Check(
        long at, in RecordHeader header, DirectoryEntry? listed, bool isServed, out bool isHashSure)
    {
        string? problem = ReadBody(at, header, out ArtifactKey key, out bool isKeySure);
        ulong hash = run.Hash.Of(key);
        isHashSure = isKeySure || hash == listed?.Hash;
        ArtifactKey? known = isHashSure ? key : null;
        hash = isHashSure ? hash : listed?.Hash ?? hash;
        long damaged = isServed ? -1 : header.RecordLength;
        bool isSound = problem is null;
        if (problem is not null)
        {
            run.Findings.Add(VerifyFindingKind.Metadata, _name, at, known, problem, header.RecordLength);
            damaged = header.RecordLength;
        }
        else if (run.ReadsPayloadsOf(hash) && !ArePayloadsSound(at, key))
        {
            isSound = false;
            damaged = TotalLength();
        }

        if (isHashSure || listed is not null)
        {
            run.Tracker.Note(hash, header.Sequence, header.Kind, header.Count, damaged);
        }

        Count(at, header, hash, problem is null);
        DirectoryEntry record = Describe(at, header, hash);
        WasSound = isSound;
        if (isSound)
        {
            run.Witness?.Sound(id, record);
        }

        return record;
    }

    /// <summary>Notes a record of the tail if it is whole; says whether it is.</summary>
    public bool TryTakeQuietly(long at, in RecordHeader header)
    {
        if (ReadBody(at, header, out ArtifactKey key, out _) is not null)
        {
            return false;
        }

        ulong hash = run.Hash.Of(key);
        foreach (PayloadDescriptor d in run.ReadsPayloadsOf(hash) ? _payloads : [])
        {
            if (d.Tier == PayloadTier.Pack
                && (!window.TryChecksum(at + d.Place, d.StoredLength, out ulong sum) || sum != d.Checksum))
            {
                return false;
            }
        }

        run.Tracker.Note(hash, header.Sequence, header.Kind, header.Count, -1);
        Count(at, header, hash, true);
        run.Witness?.Sound(id, Describe(at, header, hash));
        return true;
    }

    /// <summary>The key of a record; false where the damage of its body may have hit it.</summary>
    public bool TryReadKey(long at, in RecordHeader header, out ArtifactKey key) =>
        ReadBody(at, header, out key, out bool isSure) is null || isSure;

    private static DirectoryEntry Describe(long at, in RecordHeader header, ulong hash) =>
        new(
            hash, header.Sequence, at, header.RecordLength, header.Kind, header.Flags.HasFlag(RecordFlags.Loose),
            header.Count);

    private void Count(long at, in RecordHeader header, ulong hash, bool isBodySound)
    {
        run.Records++;
        run.Progress.Items++;
        if (isBodySound && header.Flags.HasFlag(RecordFlags.Loose))
        {
            Loose.Add(new LooseRecord(hash, header.Sequence, id, at));
        }
    }

    /// <summary>Reads the body and its descriptors; returns what is wrong with them.</summary>
    private string? ReadBody(long at, in RecordHeader header, out ArtifactKey key, out bool isKeySure)
    {
        _payloads.Clear();
        int end = (int)RecordBody.EndOffset(header.KeyLength, header.DescriptorCount, header.MetadataLength);
        ReadOnlySpan<byte> record = window.Read(at, end);
        if (record.Length < end)
        {
            key = default;
            isKeySure = false;
            return "the file ends within the record";
        }

        key = RecordBody.ReadKey(record, header.KeyLength);
        if (!RecordBody.IsSound(record, header, out ulong found, out ulong expected))
        {
            isKeySure = header.KeyLength <= RecordHeaderLayout.KeySize;
            return $"body checksum {found:x16}, expected {expected:x16}";
        }

        isKeySure = true;
        for (int i = 0; i < header.DescriptorCount; i++)
        {
            PayloadDescriptor descriptor = RecordBody.ReadDescriptor(record, header.KeyLength, i);
            if (descriptor.FindProblem(end, header.RecordLength) is { } problem)
            {
                return $"payload {i}: {problem}";
            }

            _payloads.Add(descriptor);
        }

        return null;
    }

    private bool ArePayloadsSound(long at, in ArtifactKey key)
    {
        bool isSound = true;
        for (int i = 0; i < _payloads.Count; i++)
        {
            PayloadDescriptor d = _payloads[i];
            if (d.Tier != PayloadTier.Pack || (d.StoredLength == 0 && d.Checksum == Checksum.Of([])))
            {
                continue;
            }

            if (!window.TryChecksum(at + d.Place, d.StoredLength, out ulong sum) || sum != d.Checksum)
            {
                isSound = false;
                run.Findings.Add(
                    VerifyFindingKind.Payload, _name, at + d.Place, key,
                    $"payload {i} of the record at {at}: checksum {sum:x16}, expected {d.Checksum:x16}",
                    d.StoredLength);
            }
        }

        return isSound;
    }

    private long TotalLength()
    {
        long total = 0;
        foreach (PayloadDescriptor descriptor in _payloads)
        {
            total += descriptor.Length;
        }

        return total;
    }
}
