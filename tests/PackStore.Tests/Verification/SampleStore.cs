using PackStore.Format;

namespace PackStore.Tests.Verification;

/// <summary>A small store of several segments with loose payloads, overwrites, removals and long keys, in a directory
/// of its own.</summary>
internal sealed class SampleStore : IDisposable
{
    /// <summary>Index of an artifact that was put twice.</summary>
    public const int Overwritten = 3;

    /// <summary>Index of an artifact that was removed.</summary>
    public const int Removed = 4;

    /// <summary>Index of an artifact with a loose payload.</summary>
    public const int WithLoose = 5;

    private const int Artifacts = 60;

    public SampleStore() => Path = Directory.CreateTempSubdirectory("packstore-verify-").FullName;

    public string Path { get; }

    public static PackStoreOptions Options { get; } = new()
    {
        SegmentSizeBytes = 16384,
        LooseThresholdBytes = 1024,
        FlushInterval = Timeout.InfiniteTimeSpan,
    };

    public static ArtifactKey Key(int i) =>
        ArtifactKey.FromBytes([.. BitConverter.GetBytes(i), .. new byte[(i * 7) % 60]]);

    public static async Task<SampleStore> CreateAsync()
    {
        SampleStore sample = new();
        await using ArtifactStore store = ArtifactStore.Open(sample.Path, Options);
        for (int i = 0; i < Artifacts; i++)
        {
            await PutAsync(store, i, 0);
        }

        await PutAsync(store, Overwritten, 1);
        await store.RemoveAsync(Key(Removed));
        return sample;
    }

    public static async Task PutAsync(ArtifactStore store, int i, int version)
    {
        byte[] small = new byte[100 + (i * 13)];
        new Random(i + (version * 1000)).NextBytes(small);
        byte[] large = new byte[i % 10 == WithLoose ? 3000 : 64];
        new Random(i - version).NextBytes(large);
        await store.PutAsync(
            Key(i), new ArtifactOutcome { StandardOutput = "said"u8.ToArray(), ExitCode = i },
            [ArtifactPayload.FromBytes("small", small), ArtifactPayload.FromBytes("large", large)]);
    }

    /// <summary>Verifies.</summary>
    public Task<VerifyReport> VerifyAsync(VerifyLevel level = VerifyLevel.Full, double sample = 1) =>
        ArtifactStore.VerifyDirectoryAsync(Path, new VerifyOptions { Level = level, Sample = sample }, null, default);

    /// <summary>The file of a name of the store.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Turns one bit.</summary>
    public void Flip(string name, long offset)
    {
        byte[] bytes = System.IO.File.ReadAllBytes(File(name));
        bytes[offset] ^= 0x10;
        System.IO.File.WriteAllBytes(File(name), bytes);
    }

    /// <summary>All records of all segments, in order.</summary>
    public IReadOnlyList<SampleRecordPlace> Records()
    {
        List<SampleRecordPlace> places = [];
        foreach (string path in Directory.GetFiles(File(StoreFileNames.Segments)).Order(StringComparer.Ordinal))
        {
            byte[] bytes = System.IO.File.ReadAllBytes(path);
            long at = SegmentHeaderLayout.Size;
            while (RecordHeader.TryRead(bytes.AsSpan((int)at), bytes.Length - at, out RecordHeader header))
            {
                byte[] record = bytes.AsSpan((int)at, header.RecordLength).ToArray();
                places.Add(new SampleRecordPlace(
                    "segments/" + System.IO.Path.GetFileName(path), at, header,
                    header.KeyLength == 0 ? default : RecordBody.ReadKey(record, header.KeyLength), record));
                at += header.RecordLength;
            }
        }

        return places;
    }

    /// <summary>The first or last record of an artifact.</summary>
    public SampleRecordPlace Record(int i, bool isNewest = true) =>
        isNewest ? Records().Last(r => r.Key == Key(i)) : Records().First(r => r.Key == Key(i));

    /// <summary>Keys whose payloads are hits.</summary>
    public HashSet<ArtifactKey> Hits()
    {
        using ArtifactStore store = ArtifactStore.OpenReadOnly(Path);
        HashSet<ArtifactKey> hits = [];
        for (int i = 0; i < Artifacts; i++)
        {
            using PayloadLease lease = store.EnsurePayloads(Key(i));
            if (lease.IsHit)
            {
                hits.Add(Key(i));
            }
        }

        return hits;
    }

    /// <summary>A copy of the files as they are now, as if the writer had been killed.</summary>
    public SampleStore Copy()
    {
        SampleStore copy = new();
        foreach (string file in Directory.GetFiles(Path, "*", SearchOption.AllDirectories))
        {
            string name = System.IO.Path.GetRelativePath(Path, file);
            if (name != StoreFileNames.Lock)
            {
                Directory.CreateDirectory(System.IO.Path.GetDirectoryName(copy.File(name))!);
                System.IO.File.Copy(file, copy.File(name));
            }
        }

        return copy;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
