using FsCheck;
using FsCheck.Fluent;

namespace PackStore.Tests.Properties;

/// <summary>A long life of a store, the same for each way to open it.</summary>
internal sealed record ModelScript(IReadOnlyList<StoreOperation> Operations)
{
    /// <summary>Keys in use.</summary>
    public const int Keys = 40;

    /// <summary>Scripts of so many operations, that shrink.</summary>
    public static Arbitrary<ModelScript> Of(int count) => Arb.From(
        from operations in Operation().ListOf(count)
        select new ModelScript([.. operations]),
        static script => OperationShrinker.Shrink(script.Operations).Select(static o => new ModelScript(o)));

    /// <inheritdoc/>
    public override string ToString() => Operations.Count > 200
        ? $"{Operations.Count} operations"
        : string.Join('\n', Operations);

    // What opens the store anew is rare, so that there is a life between.
    private static Gen<StoreOperation> Operation() =>
        from verb in Gen.Frequency(
            (300, Gen.Constant(StoreVerb.Put)), (60, Gen.Constant(StoreVerb.PutMany)),
            (6, Gen.Constant(StoreVerb.PutPending)), (40, Gen.Constant(StoreVerb.PutStream)),
            (150, Gen.Constant(StoreVerb.Remove)), (300, Gen.Constant(StoreVerb.Get)),
            (60, Gen.Constant(StoreVerb.GetMany)), (6, Gen.Constant(StoreVerb.Enumerate)),
            (20, Gen.Constant(StoreVerb.Flush)), (8, Gen.Constant(StoreVerb.Follow)),
            (3, Gen.Constant(StoreVerb.CompactMeanwhile)),
            (4, Gen.Constant(StoreVerb.Snapshot)), (4, Gen.Constant(StoreVerb.Checkpoint)),
            (20, Gen.Constant(StoreVerb.PutAdopted)), (4, Gen.Constant(StoreVerb.Evict)),
            (6, Gen.Constant(StoreVerb.Pin)), (6, Gen.Constant(StoreVerb.Unpin)),
            (8, Gen.Constant(StoreVerb.Compact)), (3, Gen.Constant(StoreVerb.OtherThreshold)),
            (4, Gen.Constant(StoreVerb.Reopen)), (4, Gen.Constant(StoreVerb.Kill)), (4, Gen.Constant(StoreVerb.Cut)),
            (2, Gen.Constant(StoreVerb.LoseIndex)))
        from key in Gen.Choose(0, Keys - 1)
        from length in Gen.Frequency(
            (20, Gen.Choose(0, 300)), (5, Gen.Choose(900, 4200)), (1, Gen.Elements(33_000, 65_535, 65_536, 70_000)))
        from seed in Gen.Choose(0, 1000)
        select new StoreOperation(verb, key, length, seed);
}
