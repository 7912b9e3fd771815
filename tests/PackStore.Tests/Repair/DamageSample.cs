using PackStore.Format;
using PackStore.TestChild;
using PackStore.TestKit;
using PackStore.Tests.Crash;
using Xunit;

namespace PackStore.Tests.Repair;

/// <summary>
/// A store that is as small as it can be and has every structure: sealed segments with footers, an unsealed one,
/// directory blocks, loose files, an overwritten and a removed artifact, a long key, a snapshot, two checkpoints.
/// </summary>
internal sealed class DamageSample
{
    /// <summary>The artifact that was put twice.</summary>
    public const int Overwritten = 3;

    /// <summary>The artifact that was removed.</summary>
    public const int Removed = 4;

    private const int LongKey = 1001;
    private static readonly int[] s_first = [1, 2, Overwritten, Removed, 5];
    private static readonly int[] s_second = [6, 7, LongKey];
    private readonly List<Place> _places = [];

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
        LooseThresholdBytes = 300,
        FlushInterval = Timeout.InfiniteTimeSpan,
        TimeProvider = StillClock.Instance,
    };

    /// <summary>All keys.</summary>
    public static IEnumerable<int> Keys => s_first.Concat(s_second);

    /// <summary>The store as it was half-way.</summary>
    public StoreImage Older { get; }

    /// <summary>The store.</summary>
    public StoreImage Image { get; }

    /// <summary>Makes it.</summary>
    public static async Task<DamageSample> CreateAsync()
    {
        MemoryDirectory disk = new();
        using (ArtifactStore store = ArtifactStore.OpenOver(disk, Options))
        {
            foreach (int key in s_first)
            {
                await PutAsync(store, key, 1);
            }

            Snapshot(store);
        }

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

    /// <summary>Whether everything that makes up an artifact's newest state, or its removal, is as it was.</summary>
    public bool IsUntouched(StoreImage damaged, int key)
    {
        ArtifactKey wanted = SampleArtifact.Key(key);
        Place place = _places.Where(p => p.Key == wanted).MaxBy(static p => p.Sequence)!;
        return damaged.IsSame(Image, place.File, place.Offset, place.Length)
            && place.Loose.All(l => damaged.IsSame(Image, l, 0, Image.Files[l].Length)
                && damaged.Files[l].Length == Image.Files[l].Length);
    }

    private static void Snapshot(ArtifactStore store) =>
        Assert.True(store.Engine.Checkpoints!.TryWriteSnapshot(CancellationToken.None));

    private static async Task PutAsync(ArtifactStore store, int key, int version)
    {
        ArtifactPut put = SampleArtifact.Put(key, version, key == 5 ? [40, 320] : [20, 90]);
        await store.PutAsync(put.Key, put.Outcome, put.Payloads);
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

                _places.Add(new Place(key, header.Sequence, name, at, header.RecordLength, loose));
            }

            at += header.RecordLength;
        }
    }

    private sealed record Place(
        ArtifactKey Key, ulong Sequence, string File, long Offset, int Length, IReadOnlyList<string> Loose);
}
