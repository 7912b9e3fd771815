using PackStore.Format;
using PackStore.TestChild;
using PackStore.TestKit;
using PackStore.Tests.Crash;
using PackStore.Tests.Engine;
using Xunit;

namespace PackStore.Tests.Repair;

/// <summary>
/// A store that is as small as it can be and has every structure: sealed segments with footers and trailers, an
/// unsealed one, directory blocks, loose and compressed payloads, streams, an overwritten and a removed artifact, a
/// long key, padding where a power cut took a record, snapshots, two checkpoints, HEAD, a file of uses.
/// </summary>
internal sealed class DamageSample
{
    /// <summary>The artifact that was put twice.</summary>
    public const int Overwritten = 3;

    /// <summary>The artifact that was removed.</summary>
    public const int Removed = 4;

    private const int Loose = 5;
    private const int Compressed = 7;
    private const int TakenByCut = 20;
    private const int LeftByCut = 8;
    private const int BeforeCut = 9;
    private const int LongKey = 1001;
    private static readonly int[] s_first = [1, 2, Overwritten, Removed, Loose];
    private static readonly int[] s_second = [6, Compressed, LongKey];
    private static readonly byte[] s_compressible = [.. Enumerable.Range(0, 200).Select(static i => (byte)(i / 50))];
    private readonly List<DamagePlace> _places = [];

    private DamageSample(StoreImage older, StoreImage image)
    {
        Older = older;
        Image = image;
        foreach ((string name, byte[] bytes) in image.Files)
        {
            if (name.StartsWith("segments/", StringComparison.Ordinal))
            {
                FindPlaces(name, bytes);
            }
        }
    }

    /// <summary>How the store is opened.</summary>
    public static PackStoreOptions Options { get; } = new()
    {
        SegmentSizeBytes = PackStoreOptions.MinSegmentSizeBytes,
        LooseThresholdBytes = 1024,
        FlushInterval = Timeout.InfiniteTimeSpan,
        TimeProvider = StillClock.Instance,
    };

    /// <summary>All keys.</summary>
    public static int[] Keys { get; } = [.. s_first, BeforeCut, LeftByCut, .. s_second];

    /// <summary>The store as it was half-way.</summary>
    public StoreImage Older { get; }

    /// <summary>The store.</summary>
    public StoreImage Image { get; }

    /// <summary>All records of keys.</summary>
    public IReadOnlyList<DamagePlace> Places => _places;

    /// <summary>Makes it.</summary>
    public static async Task<DamageSample> CreateAsync()
    {
        MemoryDirectory disk = new(isQuick: true);
        using (ArtifactStore store = ArtifactStore.OpenOver(disk, Options))
        {
            foreach (int key in s_first)
            {
                await PutAsync(store, key, 1);
            }

            Snapshot(store);
        }

        disk = await CutPowerAsync(disk);
        ArtifactStore.OpenOver(disk, Options).Dispose();
        StoreImage older = StoreImage.Of(disk);
        using (ArtifactStore store = ArtifactStore.OpenOver(disk, Options))
        {
            await PutAsync(store, Overwritten, 2);
            await store.RemoveAsync(SampleArtifact.Key(Removed));
            foreach (int key in s_second)
            {
                await PutAsync(store, key, 1);
            }

            Snapshot(store);
        }

        ManualClock later = new() { Now = StillClock.Instance.GetUtcNow().AddHours(5) };
        using (ArtifactStore reader = ArtifactStore.AttachOver(disk, new PackStoreOptions { TimeProvider = later }))
        {
            Assert.Equal(1, VersionOf(reader, 1));
        }

        StoreImage image = StoreImage.Of(disk);
        disk.Discard();
        return new DamageSample(older, image);
    }

    /// <summary>The version that must be there if nothing of it was touched: 0 for the removed one.</summary>
    public static int Newest(int key) => key switch
    {
        Removed => 0,
        Overwritten => 2,
        _ => 1,
    };

    /// <summary>The version of each key; throws if a hit is not exact.</summary>
    public static int VersionOf(ArtifactStore store, int key)
    {
        using PayloadLease lease = store.EnsurePayloads(SampleArtifact.Key(key));
        if (!lease.IsHit || key != Compressed)
        {
            return lease.IsHit ? SampleArtifact.VersionOf(lease, key) : 0;
        }

        return lease.Count == 1 && lease[0].SequenceEqual(s_compressible)
            && lease.StandardError.SequenceEqual("warning"u8)
            ? lease.Metadata.ExitCode
            : throw new InvalidDataException($"key {key}: not what was put");
    }

    /// <summary>The newest record of a key.</summary>
    public DamagePlace PlaceOf(int key)
    {
        ArtifactKey wanted = SampleArtifact.Key(key);
        return _places.Where(p => p.Key == wanted).MaxBy(static p => p.Sequence)!;
    }

    /// <summary>Whether everything that makes up an artifact's newest state, or its removal, is as it was.</summary>
    public bool IsUntouched(StoreImage damaged, int key)
    {
        DamagePlace place = PlaceOf(key);
        return damaged.IsSame(Image, place.File, place.Offset, place.Length)
            && place.Loose.All(l => damaged.IsSame(Image, l, 0, Image.Files[l].Length)
                && damaged.Files[l].Length == Image.Files[l].Length);
    }

    /// <summary>Whether a segment has nothing but its header damaged that would keep it from being served: it is
    /// sealed, its trailer is as it was, and the checkpoint tells that the header was durable once.</summary>
    public bool IsServedByTrailer(StoreImage damaged, string file)
    {
        byte[] was = Image.Files[file];
        return was.AsSpan(^SegmentTrailerLayout.Size..).ContainsAnyExcept((byte)0)
            && damaged.Files.TryGetValue(file, out byte[]? bytes) && bytes.Length == was.Length
            && bytes.AsSpan(^SegmentTrailerLayout.Size..).SequenceEqual(was.AsSpan(^SegmentTrailerLayout.Size..))
            && SegmentHeader.TryRead(bytes, out _, out bool isDamaged) is null && isDamaged
            && damaged.IsSame(Image, StoreFileNames.Checkpoint, 0, Image.Files[StoreFileNames.Checkpoint].Length)
            && damaged.Files[StoreFileNames.Checkpoint].Length == Image.Files[StoreFileNames.Checkpoint].Length;
    }

    private static void Snapshot(ArtifactStore store) =>
        Assert.True(store.Engine.Checkpoints!.TryWriteSnapshot(CancellationToken.None));

    private static async Task PutAsync(ArtifactStore store, int key, int version)
    {
        ArtifactPut put = key == Compressed
            ? new ArtifactPut
            {
                Key = SampleArtifact.Key(key),
                Outcome = new ArtifactOutcome { ExitCode = version, StandardError = "warning"u8.ToArray() },
                Payloads = [ArtifactPayload.FromBytes("c", s_compressible).With(PayloadEncoding.Zstd)],
            }
            : SampleArtifact.Put(key, version, key == Loose ? [40, 1024] : [20, 90]);
        await store.PutAsync(put.Key, put.Outcome, put.Payloads);
    }

    /// <summary>Two puts, of which a power cut takes the first: the gap becomes padding at the next open.</summary>
    private static async Task<MemoryDirectory> CutPowerAsync(MemoryDirectory disk)
    {
        using ArtifactStore store = ArtifactStore.OpenOver(disk, Options);
        await PutAsync(store, BeforeCut, 1);
        await store.FlushAsync();
        await PutAsync(store, TakenByCut, 1);
        await PutAsync(store, LeftByCut, 1);
        PendingUnit[] written =
        [
            .. disk.PendingUnits.Where(static u =>
                u.Kind == PendingKind.Data && u.Name.EndsWith(".seg", StringComparison.Ordinal)),
        ];
        MemoryDirectory cut = disk.Crash(new DelegateChooser(
            u => ReferenceEquals(u, written[^2]) ? CrashFate.Lost : CrashFate.Kept));
        return cut;
    }

    private void FindPlaces(string name, byte[] bytes)
    {
        for (long at = SegmentHeaderLayout.Size; at < bytes.Length;)
        {
            if (!RecordHeader.TryRead(bytes.AsSpan((int)at), bytes.Length - at, out RecordHeader header))
            {
                return;
            }

            if (header.KeyLength > 0)
            {
                ReadOnlySpan<byte> record = bytes.AsSpan((int)at, header.RecordLength);
                ArtifactKey key = RecordBody.ReadKey(record, header.KeyLength);
                List<string> loose = [];
                for (int i = 0; header.Kind == RecordKind.Artifact && i < header.DescriptorCount; i++)
                {
                    PayloadDescriptor descriptor = RecordBody.ReadDescriptor(record, header.KeyLength, i);
                    if (descriptor.Tier == PayloadTier.Loose)
                    {
                        loose.Add(StoreFileNames.LooseFile(key.Bytes, i, descriptor.Place));
                    }
                }

                _places.Add(new DamagePlace(key, header.Sequence, name, at, header.RecordLength, loose));
            }

            Kinds.Add(header.Kind);
            at += header.RecordLength;
        }
    }

    /// <summary>Kinds of the records that are there.</summary>
    public List<RecordKind> Kinds { get; } = [];
}

/// <summary>Where a record lies, and what else belongs to it.</summary>
internal sealed record DamagePlace(
    ArtifactKey Key, ulong Sequence, string File, long Offset, int Length, IReadOnlyList<string> Loose);
