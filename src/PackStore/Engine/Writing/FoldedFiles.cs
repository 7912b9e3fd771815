using PackStore.Segments;

namespace PackStore.Engine.Writing;

/// <summary>Loose files whose payloads a compaction has copied into a segment. They go when the segment of the record
/// that names them is gone for good: until then, whoever finds that record, a reader, a follower, or the next process
/// after a crash, finds its files too. Under the write lock.</summary>
/// <remarks>Their names are claimed from the moment on at which the index leads to the copy.</remarks>
internal sealed class FoldedFiles(StoreCore core)
{
    private readonly Dictionary<int, List<MovedFile>> _bySegment = [];

    /// <summary>Bytes of them.</summary>
    public long Bytes { get; private set; }

    /// <summary>Notes files that a record of a segment names and nothing in the index any more.</summary>
    public void Note(int segmentId, IReadOnlyList<MovedFile> files)
    {
        if (!_bySegment.TryGetValue(segmentId, out List<MovedFile>? known))
        {
            _bySegment.Add(segmentId, known = []);
        }

        foreach (MovedFile file in files)
        {
            core.Loose.Claims.Add(file.Name);
            known.Add(file);
            Bytes += file.Bytes;
#if PACKSTORE_PROOF
            if (Proof.PlantedBugs.Has(Proof.PlantedBug.FoldedDeletedEarly))
            {
                core.Loose.Delete(file.Name);
            }
#endif
        }
    }

    /// <summary>Those that only segments which are gone have named. The caller deletes them, which ends the
    /// claims.</summary>
    public List<MovedFile> Take(IEnumerable<Segment> gone)
    {
        List<MovedFile> files = [];
        foreach (Segment segment in gone)
        {
            if (_bySegment.Remove(segment.Id, out List<MovedFile>? known))
            {
                files.AddRange(known);
            }
        }

        Bytes -= files.Sum(static f => f.Bytes);
        return files;
    }
}
