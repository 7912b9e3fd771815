using PackStore.Storage;
using PackStore.TestChild;
using PackStore.TestKit;
using PackStore.Tests.Crash;
using PackStore.Tests.Engine;
using Xunit;

namespace PackStore.Tests.Compaction;

/// <summary>A compaction removes what stopped processes have left beside the segments, and nothing else.</summary>
public sealed class LooseSweepTests
{
    private const int Large = 5000;

    private static readonly PackStoreOptions s_options = new()
    {
        SegmentSizeBytes = 64 << 10,
        LooseThresholdBytes = 4096,
        Durability = Durability.OnFlush,
        FlushInterval = Timeout.InfiniteTimeSpan,
        TimeProvider = StillClock.Instance,
    };

    [Theory]
    [InlineData("create")]
    [InlineData("rename-new")]
    public async Task What_a_kill_left_of_a_put_goes_and_is_counted(string operation)
    {
        MemoryDirectory? image = null;
        MemoryDirectory disk = new();
        RecordingDirectory watched = new(disk)
        {
            OnOperation = line => image = line.StartsWith($"{operation} loose/", StringComparison.Ordinal)
                ? disk.KillImage() : image,
        };
        using ArtifactStore killed = ArtifactStore.OpenOver(watched, s_options);
        await PutAsync(killed, 1, 1);
        await killed.FlushAsync();
        image = null;
        await PutAsync(killed, 2, 1);
        Assert.NotNull(image);
        Assert.Equal(2, LooseFiles(image).Length);

        using ArtifactStore store = ArtifactStore.OpenOver(image, s_options);
        long orphaned = store.GetStats().OrphanedLooseBytes;
        CompactionReport plan = Compact(store, isDry: true);
        Assert.Equal(2, LooseFiles(image).Length);
        CompactionReport report = Compact(store);

        Assert.Equal((1, orphaned), (report.SweptFiles, report.SweptBytes));
        Assert.Equal((1, orphaned), (plan.SweptFiles, plan.SweptBytes));
        Assert.Equal(plan.FreedBytes, report.FreedBytes);
        Assert.Equal(operation == "create" ? 0 : Large, orphaned);
        Assert.Single(LooseFiles(image));
        StoreStats after = store.GetStats();
        Assert.Equal((0L, 0L), (after.OrphanedLooseFiles, after.OrphanedLooseBytes));
        Assert.Equal((1, 0), (SampleArtifact.VersionOf(store, 1), SampleArtifact.VersionOf(store, 2)));
        Assert.Equal(0, Compact(store).SweptFiles);
    }

    [Theory]
    [InlineData("create")]
    [InlineData("rename-new")]
    public async Task A_put_in_flight_keeps_its_file(string operation)
    {
        using MemoryDirectory disk = new();
        ArtifactStore? store = null;
        int sweeps = 0;
        RecordingDirectory watched = new(disk)
        {
            OnOperation = line =>
            {
                if (store is not null && line.StartsWith($"{operation} loose/", StringComparison.Ordinal))
                {
                    sweeps++;
                    Assert.Equal(0, Compact(store).SweptFiles);
                    Assert.Equal(0, Compact(store, isDry: true).SweptFiles);
                }
            },
        };
        using (store = ArtifactStore.OpenOver(watched, s_options))
        {
            await PutAsync(store, 1, 1);
            await PutAsync(store, 1, 2);

            // The second put finds the plain name taken.
            Assert.Equal(operation == "create" ? 2 : 3, sweeps);
            Assert.Equal(2, SampleArtifact.VersionOf(store, 1));
            Assert.Equal(0, Compact(store).SweptFiles);
            Assert.Single(LooseFiles(disk));
        }
    }

    [Fact]
    public void A_pending_put_keeps_its_files()
    {
        using ScratchStore scratch = new();
        using ArtifactStore store = scratch.Open(s_options);
        string pending = scratch.File("pending", SampleArtifact.Payload(1, 1, 1, 100));
        using (PendingHold.Of(store))
        {
            Wait(store.PutAsync(
                SampleArtifact.Key(1), SampleArtifact.Outcome(1, 2),
                [ArtifactPayload.FromBytes("out/0", SampleArtifact.Payload(1, 1, 0, Large)),
                    ArtifactPayload.FromPendingFile("out/1", pending)]).AsTask());
            Assert.Single(LooseFiles(scratch));

            Assert.Equal(0, Compact(store).SweptFiles);

            Assert.Single(LooseFiles(scratch));
            Assert.Equal(1, SampleArtifact.VersionOf(store, 1));
        }

        Wait(store.FlushAsync().AsTask());
        Assert.Equal(1, SampleArtifact.VersionOf(store, 1));
        Assert.Equal(0, Compact(store).SweptFiles);
        Assert.Single(LooseFiles(scratch));
    }

    [Fact]
    public async Task A_file_superseded_during_the_sweep_stays_until_that_is_durable()
    {
        using MemoryDirectory disk = new();
        ArtifactStore? store = null;
        Action? listed = null;
        RecordingDirectory watched = new(disk, includeReads: true)
        {
            OnOperation = line =>
            {
                if (line.StartsWith("list loose/", StringComparison.Ordinal))
                {
                    Interlocked.Exchange(ref listed, null)?.Invoke();
                }
            },
        };
        using (store = ArtifactStore.OpenOver(watched, s_options))
        {
            await PutAsync(store, 1, 1);
            await store.FlushAsync();
            listed = () => Wait(PutAsync(store, 1, 2).AsTask());

            Assert.Equal(0, Compact(store).SweptFiles);

            Assert.Null(listed);
            Assert.Equal(2, LooseFiles(disk).Length);
            Assert.Equal(2, SampleArtifact.VersionOf(store, 1));
            await store.FlushAsync();
            Assert.Single(LooseFiles(disk));
            Assert.Equal(0, Compact(store).SweptFiles);
            Assert.Equal(2, SampleArtifact.VersionOf(store, 1));
        }
    }

    [Fact]
    public async Task A_superseded_file_whose_removal_failed_goes_and_its_leases_stay_valid()
    {
        using MemoryDirectory disk = new();
        FaultingDirectory faulty = new(disk);
        using ArtifactStore store = ArtifactStore.OpenOver(faulty, s_options);
        await PutAsync(store, 1, 1);
        await store.FlushAsync();
        using PayloadOwner owner = Own(store);
        await PutAsync(store, 1, 2);
        faulty.Plan = FailingDelete(1);
        await store.FlushAsync();
        Assert.True(faulty.Plan.HasStruck);
        faulty.Plan = null;
        Assert.Equal(2, LooseFiles(disk).Length);

        CompactionReport report = Compact(store);

        Assert.Equal((1, Large), (report.SweptFiles, report.SweptBytes));
        Assert.Single(LooseFiles(disk));
        Assert.Equal(SampleArtifact.Payload(1, 1, 0, Large), owner[0].ToArray());
        Assert.Equal(2, SampleArtifact.VersionOf(store, 1));
        // The name that is free again goes to the next version.
        await PutAsync(store, 1, 3);
        await store.FlushAsync();
        Assert.Equal(0, Compact(store).SweptFiles);
        Assert.Equal(3, SampleArtifact.VersionOf(store, 1));

        static PayloadOwner Own(ArtifactStore store)
        {
            using PayloadLease lease = store.EnsurePayloads(SampleArtifact.Key(1));
            return lease.ToOwner();
        }
    }

    [Fact]
    public async Task Names_that_are_not_of_the_stores_spelling_stay()
    {
        using MemoryDirectory disk = new();
        string key = SampleArtifact.Key(1).ToString();
        string folder = $"loose/{key[..2]}";
        string other = key.StartsWith("00", StringComparison.Ordinal) ? "loose/01" : "loose/00";
        string[] foreign =
        [
            $"{folder}/notes.txt", $"{folder}/{key}", $"{folder}/{key}_", $"{folder}/{key}_00", $"{folder}/{key}_+1",
            $"{folder}/{key}_0.0", $"{folder}/{key}_0.2A", $"{folder}/{key}_0.02a", $"{folder}/{key}_0.123456789",
            $"{folder}/{key}_0.", $"{folder}/{key}_99999999999", $"{folder}/{key[..^1]}_0",
            $"{folder}/{key[..2]}{key[2..].ToUpperInvariant()}A_0", $"{folder}/0.tmp", $"{other}/{key}_0",
            $"loose/zz/{key}_0", $"loose/{key}_0", "index/00000000000000aa.idx.tmp",
        ];
        string[] ours =
        [
            $"{folder}/{key}_0", $"{folder}/{key}_1.2a", $"{folder}/00000000deadbeef.tmp",
            "index/00000000deadbeef.tmp",
        ];
        using ArtifactStore store = ArtifactStore.OpenOver(disk, s_options);
        await PutAsync(store, 2, 1);
        foreach (string directory in new[] { "index", folder, other, "loose/zz" })
        {
            disk.CreateDirectory(directory);
        }

        Array.ForEach([.. foreign, .. ours], name => Leave(disk, name));

        Assert.Equal(ours.Length, Compact(store).SweptFiles);

        Assert.All(foreign, name => Assert.True(IsThere(disk, name), name));
        Assert.All(ours, name => Assert.False(IsThere(disk, name), name));
        Assert.Equal(1, SampleArtifact.VersionOf(store, 2));
    }

    [Fact]
    public async Task Nothing_is_swept_while_something_is_in_quarantine()
    {
        using MemoryDirectory disk = new();
        using ArtifactStore store = ArtifactStore.OpenOver(disk, s_options);
        await PutAsync(store, 1, 1);
        string orphan = LooseFiles(disk)[0] + ".7";
        Leave(disk, orphan);
        disk.CreateDirectory("quarantine");
        Leave(disk, "quarantine/00000001.seg");

        Assert.Equal(0, Compact(store).SweptFiles);

        disk.Delete("quarantine/00000001.seg");
        Assert.Equal(1, Compact(store).SweptFiles);
        Assert.False(IsThere(disk, orphan));
        Assert.Equal(1, SampleArtifact.VersionOf(store, 1));
    }

    [Fact]
    public async Task A_removal_that_fails_leaves_a_sound_store_and_the_file_for_the_next_sweep()
    {
        for (int at = 1; at <= 3; at++)
        {
            using ScratchStore scratch = new();
            StoreDirectories.TryCreateRoot(scratch.Path);
            FaultingDirectory faulty = new(StoreDirectories.Open(scratch.Path));
            using (ArtifactStore store = ArtifactStore.OpenOver(faulty, s_options))
            {
                await PutAsync(store, 1, 1);
                string live = LooseFiles(scratch)[0];
                File.WriteAllBytes(live + ".1", new byte[10]);
                File.WriteAllBytes(live + ".2", new byte[20]);
                File.WriteAllBytes(Path.Combine(Path.GetDirectoryName(live)!, "00000000deadbeef.tmp"), new byte[40]);
                faulty.Plan = FailingDelete(at);

                CompactionReport report = Compact(store);

                Assert.True(faulty.Plan.HasStruck);
                faulty.Plan = null;
                Assert.Equal(2, report.SweptFiles);
                Assert.Equal(70 - report.SweptBytes, store.GetStats().OrphanedLooseBytes);
                Assert.Empty((await store.VerifyAsync()).Damage);
                Assert.Equal((1, 70 - report.SweptBytes), Swept(Compact(store)));
                Assert.Equal(1, SampleArtifact.VersionOf(store, 1));
            }

            VerifyReport verified = await ArtifactStore.VerifyDirectoryAsync(
                scratch.Path, null, null, CancellationToken.None);
            Assert.Empty(verified.Damage);
            Assert.Empty(verified.Notes);
        }
    }

    private static (long Files, long Bytes) Swept(CompactionReport report) => (report.SweptFiles, report.SweptBytes);

    private static FaultPlan FailingDelete(int at) => new()
    {
        Errno = 5,
        At = at,
        Matches = static (operation, name) =>
            operation == StoreOperation.Delete && name.StartsWith("loose/", StringComparison.Ordinal),
    };

    // On this thread, also from inside an operation of it.
    private static CompactionReport Compact(ArtifactStore store, bool isDry = false) =>
        store.Compactor.Run(new CompactionOptions { DryRun = isDry }, null, CancellationToken.None);

    private static ValueTask PutAsync(ArtifactStore store, int key, int version)
    {
        ArtifactPut put = SampleArtifact.Put(key, version, Large);
        return store.PutAsync(put.Key, put.Outcome, put.Payloads);
    }

    private static void Leave(MemoryDirectory disk, string name) => disk.Create(name).Dispose();

    private static bool IsThere(MemoryDirectory disk, string name)
    {
        using IStoreFile? file = disk.TryOpen(name, writable: false);
        return file is not null;
    }

    private static string[] LooseFiles(MemoryDirectory disk) =>
    [
        .. disk.List("loose").Where(static f => f.IsDirectory)
            .SelectMany(f => disk.List($"loose/{f.Name}").Select(e => $"loose/{f.Name}/{e.Name}")),
    ];

    private static string[] LooseFiles(ScratchStore scratch) =>
        Directory.GetFiles(scratch.Inside("loose"), "*", SearchOption.AllDirectories);

    private static void Wait(Task task) => task.GetAwaiter().GetResult();
}
