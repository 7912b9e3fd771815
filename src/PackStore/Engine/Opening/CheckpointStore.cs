using PackStore.Format;
using PackStore.Storage;

namespace PackStore.Engine.Opening;

/// <summary>Reads and atomically replaces CHECKPOINT, keeping the one before.</summary>
internal static class CheckpointStore
{
    private const long MaxBytes = 256L << 20;

    /// <summary>The newest sound checkpoint; null if both are gone or damaged, which <paramref name="problems"/>
    /// tells.</summary>
    public static CheckpointRecord? TryRead(IStoreDirectory directory, Guid storeId, List<string> problems)
    {
        CheckpointRecord? newest = null;
        foreach (string name in new[] { StoreFileNames.Checkpoint, StoreFileNames.CheckpointOld })
        {
            CheckpointRecord? found = TryReadOne(directory, name, storeId, problems);
            if (found is not null && (newest is null || found.Generation > newest.Generation))
            {
                // An old generation that outlived a newer one is a state of the past: nothing in it says that the store
                // is clean.
                newest = name == StoreFileNames.Checkpoint ? found : found with { IsClean = false, IsPast = true };
            }
        }

        return newest;
    }

    /// <summary>Reads one of the two files.</summary>
    public static CheckpointRecord? TryReadOne(IStoreDirectory directory, string name, Guid storeId,
        List<string> problems)
    {
        using IStoreFile? file = directory.TryOpen(name, writable: false);
        if (file is null)
        {
            problems.Add($"{name}: absent");
            return null;
        }

        long length = file.Stat().Length;
        if (length > MaxBytes)
        {
            problems.Add($"{name}: {length} bytes");
            return null;
        }

        byte[] bytes = new byte[length];
        int read = file.Read(0, bytes);
        CheckpointRecord? record = CheckpointRecord.TryDecode(bytes.AsSpan(0, read), storeId, out string problem);
        if (record is null)
        {
            problems.Add($"{name}: {problem}");
        }

        return record;
    }

    /// <summary>Writes the next checkpoint, durably.</summary>
    public static void Write(IStoreDirectory directory, CheckpointRecord record)
    {
        directory.Delete(StoreFileNames.CheckpointNew);
        using (IStoreFile file = directory.Create(StoreFileNames.CheckpointNew))
        {
            file.Write(0, record.Encode());
            file.Sync();
        }

        using (IStoreFile? current = directory.TryOpen(StoreFileNames.Checkpoint, writable: false))
        {
            if (current is not null)
            {
                // First its name: a power cut that takes CHECKPOINT away then leaves the next one, and not nothing.
                directory.SyncDirectory("");
                directory.Replace(StoreFileNames.Checkpoint, StoreFileNames.CheckpointOld);
            }
        }

        directory.Replace(StoreFileNames.CheckpointNew, StoreFileNames.Checkpoint);
        directory.SyncDirectory("");
    }
}
