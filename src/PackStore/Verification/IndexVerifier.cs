using PackStore.Engine.Opening;
using PackStore.Format;
using PackStore.Index;
using PackStore.Storage;

namespace PackStore.Verification;

/// <summary>Checks the index snapshots. They are hints, so whatever is wrong with them is a note.</summary>
internal sealed class IndexVerifier(VerifyRun run, CheckpointVerifier checkpoint)
{
    /// <summary>Checks all of them.</summary>
    public void Run()
    {
        run.Progress.Begin("index");
        ulong newest = 0;
        foreach (ulong generation in SnapshotStore.Generations(run.Directory).Order().ToArray())
        {
            run.Token.ThrowIfCancellationRequested();
            if (Check(generation))
            {
                newest = generation;
            }
        }

        ulong expected = checkpoint.Record?.SnapshotGeneration ?? 0;
        if (newest < expected && !SnapshotStore.Generations(run.Directory).Any(g => g >= expected))
        {
            run.Findings.Note($"{StoreFileNames.Snapshot(expected)}: absent; the index is rebuilt from the segments");
        }
    }

    private bool Check(ulong generation)
    {
        string name = StoreFileNames.Snapshot(generation);
        try
        {
            using IStoreFile? file = run.Directory.TryOpen(name, writable: false);
            if (file is null)
            {
                return false;
            }

            SnapshotHeader? header = SnapshotReader.TryReadHeader(file, run.Identity, out string problem);
            if (header is null || header.Generation != generation)
            {
                string found = header is null ? problem : $"generation {header.Generation}";
                run.Findings.Note($"{name}: {found}; it is rebuilt");
                return false;
            }

            long damage = SnapshotReader.FindDamage(file, header, run.Token);
            run.Bytes += header.FileBytes;
            if (damage >= 0)
            {
                run.Findings.Note($"{name}: wrong checksum of the chunk at {damage}; it is rebuilt");
            }

            return damage < 0;
        }
        catch (IOException e)
        {
            run.Findings.Note($"{name}: {e.Message}");
            return false;
        }
    }
}
