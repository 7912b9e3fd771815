using System.IO.Hashing;
using System.Text;
using PackStore.Format;
using PackStore.Storage;

namespace PackStore.Verification;

/// <summary>Checks the files of the loose tier that live artifacts name, and counts those that none names.</summary>
internal sealed class LooseVerifier(VerifyRun run, SegmentVerifier segments)
{
    // Hashes of the names in use: 8 bytes a file, whatever the keys' lengths.
    private readonly HashSet<ulong> _named = [];
    private readonly List<Suspect> _suspects = [];

    /// <summary>Checks all of them.</summary>
    public void Run()
    {
        run.Progress.Begin("loose");
        IStoreFile? file = null;
        FileWindow? window = null;
        int current = 0;
        try
        {
            foreach (LooseRecord record in segments.Loose)
            {
                if (!run.Tracker.IsNewest(record.Hash, record.Sequence))
                {
                    continue;
                }

                if (record.SegmentId != current)
                {
                    window?.Dispose();
                    file?.Dispose();
                    current = record.SegmentId;
                    file = run.Directory.TryOpen(StoreFileNames.Segment(current), writable: false);
                    window = file is null ? null : new FileWindow(run, file) { Limit = file.Stat().Length };
                }

                if (window is not null)
                {
                    CheckRecord(record, window);
                }
            }
        }
        finally
        {
            window?.Dispose();
            file?.Dispose();
        }

        Settle();
        NoteOrphans();
    }

    private void CheckRecord(in LooseRecord record, FileWindow window)
    {
        if (!RecordHeader.TryRead(
                window.Read(record.Offset, RecordHeaderLayout.Size), window.Limit - record.Offset,
                out RecordHeader header)
            || header.Sequence != record.Sequence)
        {
            return;
        }

        int end = (int)RecordBody.EndOffset(header.KeyLength, header.DescriptorCount, header.MetadataLength);
        ReadOnlySpan<byte> body = window.Read(record.Offset, end);
        if (body.Length < end)
        {
            return;
        }

        ArtifactKey key = RecordBody.ReadKey(body, header.KeyLength);
        long total = 0;
        int before = _suspects.Count;
        for (int i = 0; i < header.DescriptorCount; i++)
        {
            PayloadDescriptor descriptor = RecordBody.ReadDescriptor(body, header.KeyLength, i);
            total += descriptor.Length;
            if (descriptor.Tier != PayloadTier.Loose)
            {
                continue;
            }

            string name = StoreFileNames.LooseFile(key.Bytes, i, descriptor.Place);
            _named.Add(HashOf(name));
            if (CheckFile(name, descriptor, run.ReadsPayloadsOf(record.Hash)) is { } problem)
            {
                _suspects.Add(new Suspect(record, key, name, problem, 0));
            }
        }

        for (int i = before; i < _suspects.Count; i++)
        {
            _suspects[i] = _suspects[i] with { Bytes = total };
        }
    }

    private string? CheckFile(string name, in PayloadDescriptor descriptor, bool readsBytes)
    {
        try
        {
            using IStoreFile? file = run.Directory.TryOpen(name, writable: false);
            if (file is null)
            {
                return $"absent, expected {descriptor.StoredLength} bytes";
            }

            run.LooseFiles++;
            run.Progress.Items++;
            long length = file.Stat().Length;
            if (length != descriptor.StoredLength)
            {
                return $"{length} bytes, expected {descriptor.StoredLength}";
            }

            if (!readsBytes)
            {
                return null;
            }

            using FileWindow window = new(run, file) { Limit = length };
            bool isWhole = window.TryChecksum(0, length, out ulong sum) && window.UnreadableAt < 0;
            run.Progress.Done(length);
            return isWhole && sum == descriptor.Checksum
                ? null
                : $"checksum {sum:x16}, expected {descriptor.Checksum:x16}{(isWhole ? "" : "; " + window.Problem)}";
        }
        catch (IOException e) when (run.IsDamage(e))
        {
            return e.Message;
        }
    }

    /// <summary>What is wrong is damage only if its record is still the newest: a writer removes files of records it
    /// has replaced. And only if the record is still there: a compaction takes a segment away with what was removed in
    /// it, and then the tombstones that said so; what it keeps stands in another segment, which the next verification
    /// looks at.</summary>
    private void Settle()
    {
        if (_suspects.Count == 0)
        {
            return;
        }

        segments.CatchUp();
        foreach (Suspect suspect in _suspects)
        {
            if (run.Tracker.IsNewest(suspect.Record.Hash, suspect.Record.Sequence)
                && IsThere(suspect.Record.SegmentId))
            {
                if (!run.IsStrict && !segments.IsPromised(suspect.Record))
                {
                    run.Findings.Note($"{suspect.Name}: {suspect.Problem}; its record was never promised");
                    continue;
                }

                run.Findings.Add(VerifyFindingKind.Loose, suspect.Name, 0, suspect.Key, suspect.Problem);
                run.Witness?.LostLoose(suspect.Key, suspect.Name);
                run.Tracker.MarkDamaged(suspect.Record.Hash, suspect.Record.Sequence, suspect.Bytes);
            }
        }
    }

    private bool IsThere(int segmentId)
    {
        using IStoreFile? file = run.Directory.TryOpen(StoreFileNames.Segment(segmentId), writable: false);
        return file is not null;
    }

    private void NoteOrphans()
    {
        long count = 0;
        string first = "";
        IEnumerable<StoreEntry> folders = run.Directory.List(StoreFileNames.Loose);
        foreach (StoreEntry folder in folders.OrderBy(static e => e.Name, StringComparer.Ordinal))
        {
            if (!folder.IsDirectory)
            {
                continue;
            }

            run.Token.ThrowIfCancellationRequested();
            string prefix = $"{StoreFileNames.Loose}/{folder.Name}/";
            foreach (StoreEntry entry in run.Directory.List(prefix[..^1]))
            {
                if (!_named.Contains(HashOf(prefix + entry.Name)))
                {
                    first = count++ == 0 ? prefix + entry.Name : first;
                }
            }
        }

        if (count > 0)
        {
            string more = count == 1 ? "" : $", as are {count - 1} more loose files";
            run.Findings.Note($"{first}: named by no live artifact{more}");
        }
    }

    private static ulong HashOf(string name) => XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(name));

    private sealed record Suspect(LooseRecord Record, ArtifactKey Key, string Name, string Problem, long Bytes);
}

/// <summary>A record that has payloads in the loose tier; looked at again once it is known to be its key's
/// newest.</summary>
internal readonly record struct LooseRecord(ulong Hash, ulong Sequence, int SegmentId, long Offset);
