using System.Collections.Concurrent;
using System.Text;
using PackStore.Engine;
using PackStore.Engine.Importing;
using PackStore.Migration.Legacy;
using PackStore.Migration.Legacy.Hashing;
using PackStore.Migration.Sources;
using PackStore.Storage;
using PackStore.Storage.Foreign;

namespace PackStore.Migration;

/// <summary>
/// Brings in one root: rows of <c>index.bin</c>, then those of the older database that it does not have, then each
/// <c>.meta</c> without a row. Entries are handed out by this thread and worked on by others.
/// </summary>
internal sealed class RootMigration(MigrationContext context, LegacyRoot root)
{
    private const int ItemsInHand = 64;
    private const int MaxSnapshotBytes = 64 << 10;

    // Keys that some index has: such a key is an entry of its row.
    private readonly NameSet _keys = new();
    private readonly List<WorkItem> _items = new(ItemsInHand);

    /// <summary>Works on all entries.</summary>
    public void Run(CancellationToken cancellationToken)
    {
        if (root.ArtifactsStatus is not (ForeignStatus.Ok or ForeignStatus.Absent))
        {
            // Its rows are left out one by one, for want of payloads; this says why.
            Refuse(LegacyNames.Artifacts, SkipReasons.Of(root.ArtifactsStatus));
        }

        RootProgress rows = new(ReadIndex());
        using BlockingCollection<WorkItem[]> queue = new(4 * context.Workers);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<bool>[] workers = [.. Enumerable.Range(0, context.Workers).Select(i =>
            OwnThread.Run($"PackStore migration {i}", () => Work(queue, rows, stop)))];
        try
        {
            HandOut(queue, rows, stop.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // A worker failed: its own exception says why.
        }
        finally
        {
            queue.CompleteAdding();
            // Also when cancelled: workers hold what is about to be disposed.
            Task.WaitAny([Task.WhenAll(workers)], CancellationToken.None);
        }

        cancellationToken.ThrowIfCancellationRequested();
        // Also one that a caller's callback cancelled: what it had in hand was not brought in, and the index must stay.
        if (workers.FirstOrDefault(static w => !w.IsCompletedSuccessfully) is { } failed)
        {
            failed.GetAwaiter().GetResult();
        }

        CountNameless();
        DeleteIndexes(rows);
    }

    private bool Work(BlockingCollection<WorkItem[]> queue, RootProgress rows, CancellationTokenSource stop)
    {
        using MigrationWorker worker = new(context, root, rows);
        try
        {
            foreach (WorkItem[] items in queue.GetConsumingEnumerable(stop.Token))
            {
                worker.Work(items);
            }

            worker.Finish();
            return true;
        }
        catch (Exception)
        {
            stop.Cancel();
            throw;
        }
    }

    private void HandOut(BlockingCollection<WorkItem[]> queue, RootProgress rows, CancellationToken cancellationToken)
    {
        // From the last row on, because of two rows of one key the last one counts.
        for (int i = (rows.Index?.Count ?? 0) - 1; i >= 0; i--)
        {
            if (_keys.Add(rows.Index!.KeyUtf8(i)))
            {
                Hand(queue, new WorkItem(i), cancellationToken);
            }
        }

        foreach ((string key, ReadOnlyMemory<byte> value) in DatabaseRows.Read(root, context.Tally, rows))
        {
            if (_keys.Add(Encoding.UTF8.GetBytes(key)))
            {
                Hand(queue, new WorkItem(-1, key, value), cancellationToken);
            }
        }

        root.Artifacts?.List((name, _) =>
        {
            if (name.Length > LegacyNames.MetaSuffix.Length && name.EndsWith(".meta"u8)
                && _keys.Add(name[..^LegacyNames.MetaSuffix.Length]))
            {
                string key = Encoding.UTF8.GetString(name[..^LegacyNames.MetaSuffix.Length]);
                Hand(queue, new WorkItem(-1, key), cancellationToken);
            }
        });
        Flush(queue, cancellationToken);
    }

    private void Hand(BlockingCollection<WorkItem[]> queue, WorkItem item, CancellationToken cancellationToken)
    {
        _items.Add(item);
        if (_items.Count == ItemsInHand)
        {
            Flush(queue, cancellationToken);
        }
    }

    private void Flush(BlockingCollection<WorkItem[]> queue, CancellationToken cancellationToken)
    {
        context.Tally.Expect(_items.Count);
        queue.Add([.. _items], cancellationToken);
        _items.Clear();
    }

    /// <summary>The rows of <c>index.bin</c>; null, and a line in the report, if it is there and cannot be
    /// read.</summary>
    private LegacyIndex? ReadIndex()
    {
        if (root.Directory.TryOpen(LegacyNames.Index, out IStoreFile? file) is not ForeignStatus.Ok and var status)
        {
            if (status != ForeignStatus.Absent)
            {
                Refuse(LegacyNames.Index, SkipReasons.Of(status));
            }

            return null;
        }

        byte[] bytes;
        using (file)
        {
            long length = file!.Stat().Length;
            if (length > Array.MaxLength)
            {
                Refuse(LegacyNames.Index, SkipReasons.TooLarge);
                return null;
            }

            bytes = GC.AllocateUninitializedArray<byte>((int)length);
            try
            {
                bytes = file.Read(0, bytes) == bytes.Length ? bytes : [];
            }
            catch (IOException)
            {
                Refuse(LegacyNames.Index, SkipReasons.Unreadable);
                return null;
            }
        }

        if (!LegacyIndexReader.TryRead(bytes, out LegacyIndex? index, out _))
        {
            Refuse(LegacyNames.Index, SkipReasons.Index);
            return null;
        }

        if (!FitsSnapshot(bytes))
        {
            Refuse(LegacyNames.Snapshot, SkipReasons.Snapshot);
            return null;
        }

        return index;
    }

    // An exported cache has a description with the digest of its index.
    private bool FitsSnapshot(byte[] index)
    {
        if (root.Directory.Examine(LegacyNames.Snapshot, out ForeignFacts facts) == ForeignStatus.Absent)
        {
            return true;
        }

        Span<byte> text = stackalloc byte[1024];
        if (facts.Kind != ForeignKind.File || facts.Length > MaxSnapshotBytes)
        {
            return false;
        }

        text = facts.Length <= text.Length ? text[..(int)facts.Length] : new byte[facts.Length];
        return root.Directory.Read("snapshot.json"u8, text, out int read) == ForeignStatus.Ok && read == text.Length
            && SnapshotDescriptor.TryRead(text, out SnapshotDescriptor? snapshot, out _)
            && snapshot!.IndexDigest == Blake3.HashData(index);
    }

    private void Refuse(string source, string reason) =>
        context.Tally.Skip(root, EntryOutcome.Refuse(null, source, reason));

    private void CountNameless()
    {
        using ReadArena arena = new();
        EntryReader reader = new(
            root, new PayloadFileReader(new PlanImport(null), arena, mayLink: false), context.NowUnixMs, move: false);
        root.Staged?.List((name, _) =>
        {
            if (!name.EndsWith(".current"u8))
            {
                return;
            }

            ReadOnlySpan<byte> key = name[..^LegacyNames.PointerSuffix.Length];
            string text = Encoding.UTF8.GetString(key);
            if (LegacyKey.FindProblem(text) == LegacyProblem.None && !_keys.Contains(key)
                && reader.HasSoundGeneration(text))
            {
                context.Tally.CountNameless();
            }

            arena.Reset();
        });
    }

    private void DeleteIndexes(RootProgress rows)
    {
        if (!context.Move || !root.MayDelete)
        {
            return;
        }

        // Before the indexes, by which a directory may be known for a cache.
        new StagedSweep(root, context.Tally).Run();
        SourceRemover remover = new(root, context.Target, context.Tally);
        if (rows.Index is not null && !rows.HasRowsLeft)
        {
            remover.Add(default, [new SourceFile("", LegacyNames.Index, 0)]);
        }

        if (!rows.HasDatabaseRowsLeft)
        {
            remover.Add(default, [new SourceFile("", LegacyNames.Database, 0)]);
        }

        remover.Run();
    }
}
