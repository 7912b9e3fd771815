using FsCheck;
using FsCheck.Fluent;

namespace PackStore.Tests.Properties;

/// <summary>What may be done to a store.</summary>
internal enum StoreVerb
{
    Put,
    PutMany,
    PutPending,
    PutStream,
    Remove,
    Get,
    GetMany,
    Enumerate,
    Flush,
    Reopen,
    Kill,
    Cut,
    LoseIndex,
    Snapshot,
    Checkpoint,
    Follow,
    PutAdopted,
    Evict,
    Pin,
    Unpin,
    Compact,
    CompactMeanwhile,
    OtherThreshold,
}

/// <summary>One thing done to a store: what, to which key, with how many bytes made from which seed.</summary>
internal readonly record struct StoreOperation(StoreVerb Verb, int Key, int Length, int Seed);

/// <summary>A way to open a store.</summary>
internal sealed record StoreShape(
    int SegmentBytes, int LooseBytes, Durability Durability, ChecksumPolicy Checksums, ulong HashMask)
{
    /// <summary>Whether every output is to be compressed.</summary>
    public bool IsCompressing { get; init; }

    /// <summary>Whether regions can be mapped beyond the end of a file.</summary>
    public bool MapsBeyondEnd { get; init; } = true;

    /// <summary>Whether it lies on a real disk, and nothing is used there that some system may lack: populating, real
    /// reservation, clones, stores through a shared map.</summary>
    public bool IsPlainDisk { get; init; }

    /// <summary>The options to open with.</summary>
    public PackStoreOptions Options => new()
    {
        SegmentSizeBytes = SegmentBytes,
        LooseThresholdBytes = LooseBytes,
        Durability = Durability,
        Checksums = Checksums,
    };
}

/// <summary>A store's life: how it is opened, and what happens to it.</summary>
internal sealed record StoreLife(StoreShape Shape, IReadOnlyList<StoreOperation> Operations)
{
    public const int Keys = 10;

    private const int MaxOperations = 60;

    /// <summary>Lives that shrink by leaving out operations, and then to shorter payloads and smaller keys.</summary>
    public static Arbitrary<StoreLife> Arbitrary { get; } = Arb.From(Generate(), Shrink);

    public override string ToString() => $"{Shape}\n{string.Join('\n', Operations)}";

    private static Gen<StoreLife> Generate() =>
        from segment in Gen.Elements(4 << 10, 64 << 10, 1 << 20)
        from loose in Gen.Elements(1 << 10, 64 << 10)
        from durability in Gen.Elements(Enum.GetValues<Durability>())
        from checksums in Gen.Elements(Enum.GetValues<ChecksumPolicy>())
        from mask in Gen.Elements(ulong.MaxValue, 0xFFUL)
        from count in Gen.Choose(1, MaxOperations)
        from operations in Operation().ListOf(count)
        select new StoreLife(new StoreShape(segment, loose, durability, checksums, mask), [.. operations]);

    private static Gen<StoreOperation> Operation() =>
        from verb in Gen.Frequency(
            (12, Gen.Constant(StoreVerb.Put)), (4, Gen.Constant(StoreVerb.PutMany)),
            (2, Gen.Constant(StoreVerb.PutPending)),
            (3, Gen.Constant(StoreVerb.PutStream)), (6, Gen.Constant(StoreVerb.Remove)),
            (6, Gen.Constant(StoreVerb.Get)),
            (3, Gen.Constant(StoreVerb.GetMany)), (2, Gen.Constant(StoreVerb.Enumerate)),
            (2, Gen.Constant(StoreVerb.Flush)),
            (2, Gen.Constant(StoreVerb.Reopen)), (2, Gen.Constant(StoreVerb.Kill)),
            (2, Gen.Constant(StoreVerb.PutAdopted)), (2, Gen.Constant(StoreVerb.Evict)),
            (1, Gen.Constant(StoreVerb.Pin)), (1, Gen.Constant(StoreVerb.Unpin)),
            (3, Gen.Constant(StoreVerb.Compact)), (1, Gen.Constant(StoreVerb.OtherThreshold)),
            (1, Gen.Constant(StoreVerb.LoseIndex)))
        from key in Gen.Choose(0, Keys - 1)
        from length in Gen.Frequency(
            (6, Gen.Choose(0, 300)), (3, Gen.Choose(900, 4200)), (1, Gen.Elements(33_000, 65_535, 65_536, 70_000)))
        from seed in Gen.Choose(0, 1000)
        select new StoreOperation(verb, key, length, seed);

    private static IEnumerable<StoreLife> Shrink(StoreLife life) =>
        OperationShrinker.Shrink(life.Operations).Select(shorter => life with { Operations = shorter });
}
