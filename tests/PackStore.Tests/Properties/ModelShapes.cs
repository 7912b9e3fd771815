namespace PackStore.Tests.Properties;

/// <summary>The ways to open a store under which a script has to come to the same.</summary>
internal static class ModelShapes
{
    private const int Tiny = 4 << 10;
    private const int Small = 64 << 10;

    private static readonly StoreShape s_plain = new(
        Small, Small, Durability.None, ChecksumPolicy.FirstTouch, ulong.MaxValue);

    /// <summary>By name.</summary>
    public static IReadOnlyDictionary<string, StoreShape> All { get; } = new Dictionary<string, StoreShape>
    {
        ["as it comes"] = s_plain with { SegmentBytes = 1 << 20 },
        ["tiny segments"] = s_plain with { SegmentBytes = Tiny },
        ["few hashes"] = s_plain with { HashMask = 0x1F },
        ["one hash"] = s_plain with { HashMask = 0 },
        ["flushed"] = s_plain with { Durability = Durability.OnFlush, LooseBytes = 1 << 10 },
        ["committed"] = s_plain with { Durability = Durability.OnCommit },
        ["always checked"] = s_plain with { Checksums = ChecksumPolicy.Always, LooseBytes = 1 << 10 },
        ["never checked"] = s_plain with { Checksums = ChecksumPolicy.Never, SegmentBytes = Tiny },
        ["no maps beyond the end"] = s_plain with { MapsBeyondEnd = false, SegmentBytes = Tiny },
        ["compressed"] = s_plain with { IsCompressing = true, LooseBytes = 1 << 10 },
        ["plain disk"] = s_plain with { IsPlainDisk = true, Durability = Durability.OnFlush },
    };

    /// <summary>A disk for a shape.</summary>
    [System.Runtime.Versioning.SupportedOSPlatform("linux")]
    public static IModelDisk MakeDisk(StoreShape shape) => shape.IsPlainDisk
        ? new ScratchModelDisk(isPlain: true)
        : new MemoryModelDisk(shape.MapsBeyondEnd);
}
