using PackStore.Engine.Opening;
using PackStore.Format;
using PackStore.Storage;

namespace PackStore.Verification;

/// <summary>Checks CHECKPOINT, which makes a missing segment damage.</summary>
internal sealed class CheckpointVerifier(VerifyRun run)
{
    private const int WaitMs = 10;

    /// <summary>The newest sound checkpoint; null if there is none.</summary>
    public CheckpointRecord? Record { get; private set; }

    /// <summary>Whether it is CHECKPOINT itself: the one before may name segments that were rightly removed
    /// since.</summary>
    public bool IsCurrent { get; private set; }

    /// <summary>Whether what it calls committed must be there: after a clean close, and as long as no power was cut
    /// since.</summary>
    public bool KeepsCommitted { get; private set; }

    /// <summary>Checks it.</summary>
    public void Run()
    {
        List<string> problems = [];
        CheckpointRecord? record = ReadPatiently(problems, out bool isAbsent);
        List<string> oldProblems = [];
        CheckpointRecord? old = TryRead(StoreFileNames.CheckpointOld, oldProblems);
        if (record is null)
        {
            Report(problems[^1], isAbsent, old is not null);
        }
        else if (old is null && !oldProblems[^1].EndsWith("absent", StringComparison.Ordinal))
        {
            run.Findings.Note(oldProblems[^1]);
        }

        IsCurrent = record is not null;
        Record = record ?? old;
        KeepsCommitted = Record is { } known
            && ((IsCurrent && known.IsClean) || (known.BootId == run.Directory.BootId && known.BootId != Guid.Empty));
    }

    /// <summary>Whether a checkpoint read now still names a segment. Without one, what was read before holds.</summary>
    public bool StillNames(int segmentId)
    {
        CheckpointRecord? fresh = ReadPatiently([], out _) ?? Record;
        return fresh is not null && fresh.Segments.Any(s => s.SegmentId == segmentId);
    }

    /// <summary>Between the two renames of a writer there is no CHECKPOINT for a moment.</summary>
    private CheckpointRecord? ReadPatiently(List<string> problems, out bool isAbsent)
    {
        for (int i = 0; ; i++)
        {
            CheckpointRecord? record = TryRead(StoreFileNames.Checkpoint, problems);
            isAbsent = record is null && problems[^1].EndsWith("absent", StringComparison.Ordinal);
            if (!isAbsent || i == run.Patience || SegmentNames.List(run.Directory).Length == 0)
            {
                return record;
            }

            if (run.Token.WaitHandle.WaitOne(WaitMs))
            {
                run.Token.ThrowIfCancellationRequested();
            }
        }
    }

    private CheckpointRecord? TryRead(string name, List<string> problems)
    {
        try
        {
            return CheckpointStore.TryReadOne(run.Directory, name, run.Identity.StoreId, problems);
        }
        catch (IOException e) when (!run.IsStrict || StorageError.IsMedium(e))
        {
            problems.Add($"{name}: {e.Message}");
            return null;
        }
    }

    private void Report(string problem, bool isAbsent, bool hasOld)
    {
        if (isAbsent)
        {
            if (SegmentNames.List(run.Directory).Length == 0 && !hasOld)
            {
                return;
            }

            if (TryRead(StoreFileNames.CheckpointNew, []) is not null)
            {
                run.Findings.Note($"{StoreFileNames.Checkpoint}: its replacement was interrupted");
                return;
            }

            // A snapshot is followed by a checkpoint, so without one of them nothing was ever saved, or a power cut
            // took it before the first flush.
            if (!hasOld && !SnapshotStore.Generations(run.Directory).Any())
            {
                run.Findings.Note($"{StoreFileNames.Checkpoint}: none was written yet");
                return;
            }
        }

        string found = problem[(problem.IndexOf(": ", StringComparison.Ordinal) + 2)..];
        run.Findings.Add(
            VerifyFindingKind.Checkpoint, StoreFileNames.Checkpoint, 0, null,
            isAbsent ? "absent, expected the list of segments" : found);
    }
}
