using PackStore.Format;
using PackStore.TestChild;
using PackStore.Tests.Crash;
using PackStore.Tests.Engine;
using Xunit;

namespace PackStore.Tests.Repair;

/// <summary>A store of several sealed segments, one of them with a removal and an overwrite of what lies before, whose
/// headers and trailers can be damaged.</summary>
internal sealed class HeaderSample : IDisposable
{
    private const int Keys = 16;
    private const int Removed = 1;
    private const int Overwritten = 2;
    private const int Loose = 3;
    private readonly ScratchStore _scratch = new();

    public static PackStoreOptions Options { get; } = new()
    {
        SegmentSizeBytes = 16 << 10,
        LooseThresholdBytes = 8 << 10,
        FlushInterval = Timeout.InfiniteTimeSpan,
        TimeProvider = StillClock.Instance,
    };

    /// <summary>The store's directory.</summary>
    public string Path => _scratch.Path;

    /// <summary>The numbers of the sealed segments.</summary>
    public IReadOnlyList<int> Sealed =>
    [
        .. Directory.GetFiles(Inside("segments")).Where(IsSealed)
            .Select(static f => Convert.ToInt32(System.IO.Path.GetFileNameWithoutExtension(f), 16)).Order(),
    ];

    public static async Task<HeaderSample> CreateAsync()
    {
        HeaderSample sample = new();
        using ArtifactStore store = sample.Open();
        await FillAsync(store);
        return sample;
    }

    public static async Task FillAsync(ArtifactStore store)
    {
        for (int key = 0; key < Keys; key++)
        {
            await PutAsync(store, key, 1);
            if (key == Keys / 2)
            {
                Assert.True(await store.RemoveAsync(SampleArtifact.Key(Removed)));
                await PutAsync(store, Overwritten, 2);
            }
        }
    }

    public static async Task PutAsync(ArtifactStore store, int key, int version) =>
        await store.PutManyAsync([SampleArtifact.Put(key, version, key == Loose ? [40, 9000] : [3000])]);

    /// <summary>Every artifact in its newest version, exact to the byte, and none that was removed.</summary>
    public static void AssertWhole(ArtifactStore store) =>
        Assert.Equal(Enumerable.Range(0, Keys).Select(Newest), Versions(store));

    /// <summary>Artifacts in a segment, live or not.</summary>
    public int[] KeysIn(int segment)
    {
        byte[] bytes = File.ReadAllBytes(FileOf(segment));
        List<int> keys = [];
        for (long at = SegmentHeaderLayout.Size;
            RecordHeader.TryRead(bytes.AsSpan((int)at), bytes.Length - at, out RecordHeader header);
            at += header.RecordLength)
        {
            if (header.Kind == RecordKind.Artifact)
            {
                keys.Add(SampleArtifact.NumberOf(RecordBody.ReadKey(bytes.AsSpan((int)at), header.KeyLength)));
            }
        }

        return [.. keys.Where(static k => Newest(k) == 1)];
    }

    public static int[] Versions(ArtifactStore store) =>
        [.. Enumerable.Range(0, Keys).Select(k => SampleArtifact.VersionOf(store, k))];

    public ArtifactStore Open() => _scratch.Open(Options);

    public ArtifactStore Attach() => _scratch.Attach(Options);

    public string Inside(string name) => _scratch.Inside(name);

    public string FileOf(int segment) => Inside(StoreFileNames.Segment(segment));

    public void LoseIndex() => Directory.Delete(Inside("index"), recursive: true);

    /// <summary>Damages the headers of all sealed segments.</summary>
    public void DamageHeaders()
    {
        foreach (int segment in Sealed)
        {
            Change(segment, static bytes => bytes[100] ^= 0x10);
        }
    }

    /// <summary>Changes the trailer of a segment, under a right checksum.</summary>
    public void ChangeTrailer(int segment, Action<byte[]> change) => Change(segment, bytes =>
    {
        byte[] trailer = bytes[^SegmentTrailerLayout.Size..];
        change(trailer);
        BitConverter.TryWriteBytes(
            trailer.AsSpan(SegmentTrailerLayout.ChecksumOffset),
            Checksum.Of(trailer.AsSpan(0, SegmentTrailerLayout.ChecksumOffset)));
        trailer.CopyTo(bytes, bytes.Length - trailer.Length);
    });

    /// <summary>Changes bytes of a segment where they are, as a disk does: who has the file mapped sees it.</summary>
    public void Change(int segment, Action<byte[]> change)
    {
        using FileStream file = File.Open(FileOf(segment), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        change(bytes);
        file.Position = 0;
        file.Write(bytes);
    }

    public Task<VerifyReport> VerifyAsync() => ArtifactStore.VerifyDirectoryAsync(Path, null, null, default);

    public void Dispose() => _scratch.Dispose();

    private static int Newest(int key) => key switch
    {
        Removed => 0,
        Overwritten => 2,
        _ => 1,
    };

    private static bool IsSealed(string path) =>
        File.ReadAllBytes(path).AsSpan(^SegmentTrailerLayout.Size..).StartsWith("PKTRAIL1"u8);
}
