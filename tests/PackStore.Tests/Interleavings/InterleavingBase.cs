using PackStore.Engine.Opening;
using PackStore.Format;
using PackStore.TestChild;
using PackStore.TestKit;

namespace PackStore.Tests.Interleavings;

/// <summary>The disk that each run of a scenario starts from. Its identity is always the same, and so are the hashes of
/// its keys: a schedule does the same in every process.</summary>
internal sealed class InterleavingBase
{
    private const ulong HashSeed = 0x5EED;

    /// <summary>Makes a store with these artifacts in it, closed.</summary>
    public InterleavingBase(PackStoreOptions options, ulong hashMask, int[] filling, int[] keys, params int[] lengths)
    {
        Keys = keys;
        MemoryDirectory disk = new();
        foreach (string name in new[]
        {
            StoreFileNames.Segments, StoreFileNames.Index, StoreFileNames.Loose, StoreFileNames.Quarantine,
        })
        {
            disk.CreateDirectory(name);
        }

        IdentityStore.Write(disk, new StoreIdentity(
            new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), options.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds(),
            options.SegmentSizeBytes!.Value, HashSeed));
        MakeDisk = disk.KillImage;
        using ArtifactStore store = ArtifactStore.OpenOver(disk, options, hashMask);
        store.PutManyAsync([.. filling.Concat(keys).Select(k => SampleArtifact.Put(k, Version, lengths))]).AsTask()
            .GetAwaiter().GetResult();
    }

    /// <summary>The version of everything in it.</summary>
    public int Version { get; } = 1;

    /// <summary>The keys that are looked at.</summary>
    public int[] Keys { get; }

    /// <summary>The hash of a key in it, unmasked.</summary>
    public static ulong HashOf(int key) => new KeyHash(HashSeed).Of(SampleArtifact.Key(key));

    /// <summary>A disk of its own.</summary>
    public Func<MemoryDirectory> MakeDisk { get; }
}
