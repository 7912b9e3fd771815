using PackStore.Fuzz.Targets;
using PackStore.Fuzz.Targets.Legacy;

namespace PackStore.Fuzz;

/// <summary>All targets.</summary>
public static class FuzzTargets
{
    /// <summary>In the order in which they run.</summary>
    public static IReadOnlyList<IFuzzTarget> All { get; } =
    [
        new IdentityTarget(), new SegmentHeaderTarget(), new SegmentTrailerTarget(), new RecordTarget(),
        new DirectoryBlockTarget(), new CheckpointTarget(), new SnapshotHeaderTarget(), new MetadataTarget(),
        new ZstdTarget(), new HeadTarget(), new UsesTarget(), new ValuesTarget(), new NamesTarget(), new StoreTarget(),
        new LegacyIndexTarget(), new LegacyMetaTarget(), new LegacyPackTarget(), new LegacyManifestTarget(),
        new LegacyBundleTarget(), new LegacySnapshotTarget(), new LegacyRedbTarget(),
    ];

    /// <summary>The one of that name, or null.</summary>
    public static IFuzzTarget? Find(string name) => All.FirstOrDefault(t => t.Name == name);
}
