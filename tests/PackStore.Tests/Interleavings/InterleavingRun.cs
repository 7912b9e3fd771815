using System.Collections.Concurrent;
using PackStore.Engine;
using PackStore.Proof;
using PackStore.TestChild;
using PackStore.TestKit;

namespace PackStore.Tests.Interleavings;

/// <summary>One run of a scenario: its disk, its store and followers, and what they were asked and answered.</summary>
internal sealed class InterleavingRun : IDisposable
{
    /// <summary>The thread number of what the run itself does, before and after the threads.</summary>
    public const int Itself = -1;

    private readonly PoisonLedger _ledger = new(isSoft: true);
    private readonly ConcurrentQueue<string> _problems = [];
    private readonly OperationHistory _history = new();
    private readonly HashSet<int> _keys = [];
    private readonly InterleavingScenario _scenario;
    private TempStore? _files;
    private int _lastVersion;
    private volatile bool _isClosing;
    private volatile bool _isClosed;

    public InterleavingRun(InterleavingScenario scenario)
    {
        _scenario = scenario;
        Disk = scenario.Base.MakeDisk();
        Disk.Ledger = _ledger;
        Store = ArtifactStore.OpenOver(Disk, scenario.Options, scenario.HashMask);
        Followers = [.. Enumerable.Range(0, scenario.FollowerCount).Select(_ =>
            ArtifactStore.AttachOver(Disk, scenario.Options, scenario.HashMask))];
        foreach (int key in scenario.Base.Keys)
        {
            Note(Itself, key, KeyAction.Put, scenario.Base.Version, _history.Now());
        }
    }

    /// <summary>The disk.</summary>
    public MemoryDirectory Disk { get; }

    /// <summary>The writer.</summary>
    public ArtifactStore Store { get; }

    /// <summary>Readers of the writer's store, as other processes would be.</summary>
    public IReadOnlyList<ArtifactStore> Followers { get; }

    /// <summary>Puts versions of keys in one call.</summary>
    public void Put(int thread, int[] keys, params int[] lengths)
    {
        int version = Interlocked.Increment(ref _lastVersion) + 1;
        ArtifactPut[] puts = [.. keys.Select(k => SampleArtifact.Put(k, version, lengths))];
        long start = _history.Now();
        if (TryDo(() => Wait(puts.Length == 1
            ? Store.PutAsync(puts[0].Key, puts[0].Outcome, puts[0].Payloads)
            : Store.PutManyAsync(puts))))
        {
            Array.ForEach(keys, k => Note(thread, k, KeyAction.Put, version, start));
        }
    }

    /// <summary>Puts one version of one key.</summary>
    public void Put(int thread, int key, params int[] lengths) => Put(thread, [key], lengths);

    /// <summary>Puts from a file that is copied in the background.</summary>
    public void PutPending(int thread, int key, int length)
    {
        int version = Interlocked.Increment(ref _lastVersion) + 1;
        string path = (_files ??= new TempStore()).PathOf($"{key}.{version}");
        File.WriteAllBytes(path, SampleArtifact.Payload(key, version, 0, length));
        long start = _history.Now();
        if (TryDo(() => Wait(Store.PutAsync(SampleArtifact.Key(key), SampleArtifact.Outcome(version, 1),
            [ArtifactPayload.FromPendingFile("out/0", path)]))))
        {
            Note(thread, key, KeyAction.Put, version, start);
        }
    }

    /// <summary>Puts a copy of a file, which is a loose file whatever its length.</summary>
    public void PutAdopted(int thread, int key, int length)
    {
        int version = Interlocked.Increment(ref _lastVersion) + 1;
        string path = (_files ??= new TempStore()).PathOf($"{key}.{version}");
        File.WriteAllBytes(path, SampleArtifact.Payload(key, version, 0, length));
        long start = _history.Now();
        if (TryDo(() => Wait(Store.PutAsync(SampleArtifact.Key(key), SampleArtifact.Outcome(version, 1),
            [ArtifactPayload.FromFile("out/0", path, FileAdoption.Copy)]))))
        {
            Note(thread, key, KeyAction.Put, version, start);
        }
    }

    /// <summary>Puts from a file that is the caller's again after a flush, who removes it.</summary>
    public void PutPendingAndFlush(int thread, int key, int length)
    {
        PutPending(thread, key, length);
        Wait(Store.FlushAsync());
        foreach (string path in Directory.EnumerateFiles(_files!.RootPath))
        {
            File.Delete(path);
        }
    }

    /// <summary>Removes a key.</summary>
    public void Remove(int thread, int key)
    {
        long start = _history.Now();
        bool was = false;
        if (TryDo(() => was = WaitFor(Store.RemoveAsync(SampleArtifact.Key(key)))))
        {
            Note(thread, key, KeyAction.Remove, was ? 1 : 0, start);
        }
    }

    /// <summary>Gets a key and reads all of it, twice, with time for others between lookup and reading.</summary>
    public void Get(int thread, int key) => Get(thread, key, Store, thread);

    /// <summary>Gets a key from a follower.</summary>
    public void GetFollowed(int thread, int follower, int key) =>
        Get(thread, key, Followers[follower], ReaderOf(follower));

    /// <summary>Gets some keys in one call; each is a lookup of its own.</summary>
    public void GetMany(int thread, params int[] keys)
    {
        long start = _history.Now();
        TryDo(() =>
        {
            using PayloadBatch batch = Store.EnsurePayloads(
                Array.ConvertAll(keys, SampleArtifact.Key), new PayloadBatchSlot[keys.Length]);
            for (int i = 0; i < keys.Length; i++)
            {
                int version = batch[i].IsHit ? SampleArtifact.VersionOf(batch[i], keys[i]) : 0;
                Note(thread, keys[i], KeyAction.Get, version, start);
            }

            SchedulePoint.Reach("test.leased");
        });
    }

    /// <summary>Takes an owner of a key, and reads it when the lease is gone.</summary>
    public void GetOwned(int thread, int key)
    {
        long start = _history.Now();
        TryDo(() =>
        {
            PayloadOwner? owner = null;
            int version = 0;
            using (PayloadLease lease = Store.EnsurePayloads(SampleArtifact.Key(key)))
            {
                version = lease.IsHit ? SampleArtifact.VersionOf(lease, key) : 0;
                owner = lease.IsHit ? lease.ToOwner() : null;
            }

            Note(thread, key, KeyAction.Get, version, start);
            SchedulePoint.Reach("test.owned");
            for (int i = 0; i < (owner?.Count ?? 0); i++)
            {
                byte[] found = owner![i].ToArray();
                if (!found.AsSpan().SequenceEqual(SampleArtifact.Payload(key, version, i, found.Length)))
                {
                    _problems.Enqueue($"thread {thread}: an owner of key {key} has other bytes");
                }
            }

            owner?.Dispose();
        });
    }

    /// <summary>Lists all artifacts, or counts them, which must not see what is given back meanwhile.</summary>
    public void Enumerate(ArtifactStore store)
    {
        TryDo(() =>
        {
            foreach (ArtifactKey key in store.EnumerateKeys())
            {
                if (!_keys.Contains(SampleArtifact.NumberOf(key)))
                {
                    _problems.Enqueue("a key was listed that nobody put");
                }
            }
        });
        TryDo(() => _ = store.GetStats());
    }

    /// <summary>Rewrites whatever has something dead in it, on this thread. A close may stop it.</summary>
    public void Compact() => TryDo(() =>
    {
        try
        {
            Store.Compactor.Run(new CompactionOptions { DeadRatio = 0 }, null, CancellationToken.None);
        }
        catch (OperationCanceledException) when (_isClosing)
        {
        }
    });

    /// <summary>Closes the writer.</summary>
    public void Close()
    {
        _isClosing = true;
        Store.Dispose();
        _isClosed = true;
    }

    /// <summary>Closes a follower.</summary>
    public void CloseFollower(int follower)
    {
        _isClosing = true;
        Followers[follower].Dispose();
    }

    /// <summary>Gives back what was retired, as a timer does otherwise.</summary>
    public static void Reap(int times)
    {
        for (int i = 0; i < times; i++)
        {
            EpochGate.Drain();
            SchedulePoint.Reach("test.reaped");
        }
    }

    /// <summary>Says what was wrong, or null, when all threads have ended. Looks at the disk as it is, after a kill,
    /// after a power cut where that takes nothing, and after a close.</summary>
    public string? FindProblem()
    {
        if (!_isClosed)
        {
            ReadAll(Store, Itself);
        }

        Reopen(Disk.KillImage(), "kill");
        if (_scenario.Options.Durability == Durability.OnCommit)
        {
            Reopen(Disk.Crash(MaskChooser.LoseAll), "power cut");
        }

        Store.Dispose();
        foreach (ArtifactStore follower in Followers)
        {
            follower.Dispose();
        }

        EpochGate.Drain();
        Reopen(Disk.KillImage(), "close");
        foreach (string misuse in _ledger.Misuses)
        {
            _problems.Enqueue(misuse);
        }

        return _problems.TryPeek(out string? problem) ? problem : FindHistoryProblem();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Disk.Discard();
        _ledger.Dispose();
        _files?.Dispose();
    }

    private static int ReaderOf(int follower) => 100 + follower;

    private static void Wait(ValueTask task)
    {
        Task whole = task.AsTask();
        SchedulePoint.BeforeWait(whole, "test.wait");
        whole.GetAwaiter().GetResult();
    }

    private static T WaitFor<T>(ValueTask<T> task)
    {
        Task<T> whole = task.AsTask();
        SchedulePoint.BeforeWait(whole, "test.wait");
        return whole.GetAwaiter().GetResult();
    }

    private string? FindHistoryProblem()
    {
        if (Linearizability.FindProblem(_history.Of(static t => t < ReaderOf(0))) is { } problem)
        {
            return problem;
        }

        for (int i = 0; i < Followers.Count; i++)
        {
            if (Linearizability.FindProblem(_history.Of(t => t == ReaderOf(i))) is { } followed)
            {
                return $"follower {i}, {followed}";
            }
        }

        return null;
    }

    private void Get(int thread, int key, ArtifactStore store, int reader)
    {
        long start = _history.Now();
        TryDo(() =>
        {
            using PayloadLease lease = store.EnsurePayloads(SampleArtifact.Key(key));
            bool isHit = lease.IsHit;
            int version = isHit ? SampleArtifact.VersionOf(lease, key) : 0;
            Note(reader, key, KeyAction.Get, version, start);
            SchedulePoint.Reach("test.leased");
            if (isHit && SampleArtifact.VersionOf(lease, key) != version)
            {
                _problems.Enqueue($"thread {thread}: a lease of key {key} has other bytes");
            }
        });
    }

    private void Note(int thread, int key, KeyAction action, int value, long start)
    {
        lock (_keys)
        {
            _keys.Add(key);
        }

        _history.Add(thread, key, action, value, start);
    }

    private bool TryDo(Action operation)
    {
        try
        {
            operation();
            return true;
        }
        catch (ObjectDisposedException) when (_isClosing)
        {
            return false;
        }
        catch (Exception e)
        {
            _problems.Enqueue(e.ToString());
            return false;
        }
    }

    private void ReadAll(ArtifactStore store, int thread)
    {
        foreach (int key in _keys.Order())
        {
            long start = _history.Now();
            TryDo(() => Note(thread, key, KeyAction.Get, SampleArtifact.VersionOf(store, key), start));
        }
    }

    private void Reopen(MemoryDirectory disk, string after)
    {
        disk.Ledger = null;
        try
        {
            using ArtifactStore again = ArtifactStore.OpenOver(disk, _scenario.Options, _scenario.HashMask);
            ReadAll(again, Itself);
        }
        catch (Exception e)
        {
            _problems.Enqueue($"after a {after}: {e}");
        }

        disk.Discard();
    }
}
