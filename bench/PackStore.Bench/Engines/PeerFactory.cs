namespace PackStore.Bench.Engines;

/// <summary>Engines by name.</summary>
internal static class PeerFactory
{
    internal const string Floor = "floor";
    internal const string Lmdb = "lmdb";
    internal const string Loose = "loose";
    internal const string PackStore = "packstore";
    internal const string PackStoreBatch = "packstore-batch";

    internal static IReadOnlyList<string> All { get; } = [PackStore, PackStoreBatch, Floor, Lmdb, Loose];

    internal static Peer Create(string name) => name switch
    {
        Floor => new FloorPeer(),
        Lmdb => new LmdbPeer(),
        Loose => new LoosePeer(),
        PackStore => new PackStorePeer(batched: false),
        PackStoreBatch => new PackStorePeer(batched: true),
        _ => throw new ArgumentException(
            $"No engine is called '{name}'; there are {string.Join(", ", All)}.", nameof(name)),
    };
}
