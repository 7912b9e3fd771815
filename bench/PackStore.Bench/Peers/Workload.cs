namespace PackStore.Bench.Peers;

/// <summary>One kind of work, measured on every engine.</summary>
internal abstract class Workload(string id, string title)
{
    /// <summary>Its short name: <c>w1</c> and so on; the metrics' names start with it.</summary>
    internal string Id => id;

    internal string Title => title;

    /// <summary>Whether the stores built for it are of no use to the next one.</summary>
    internal bool LastOfItsStores { get; init; }

    internal abstract void Run(PeersContext context);
}
