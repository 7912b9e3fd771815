using PackStore.Bench.Data;

namespace PackStore.Bench.Engines;

/// <summary>How a store is to be opened.</summary>
/// <param name="Directory">Where; created if absent.</param>
/// <param name="Artifacts">The most artifacts it will hold, for engines that must know.</param>
/// <param name="DataBytes">The most bytes it will hold, for engines that must know.</param>
/// <param name="Durable">Whether each put is on the medium before it returns.</param>
internal readonly record struct PeerSetup(string Directory, long Artifacts, long DataBytes, bool Durable = false);

/// <summary>One engine under test. Puts may come from several threads; a session belongs to one.</summary>
internal abstract class Peer : IDisposable
{
    /// <summary>Every setting that matters, in one line for the report.</summary>
    internal abstract string Settings { get; }

    /// <summary>Most artifacts a run can ask of it in reasonable time.</summary>
    internal virtual long MaxArtifacts => long.MaxValue;

    internal abstract void Open(PeerSetup setup);

    internal abstract PeerSession CreateSession();

    /// <summary>Puts artifacts first .. first + count - 1.</summary>
    internal abstract Task PutAsync(Corpus corpus, long first, int count);

    /// <summary>Puts one artifact whose payload comes in pieces and whose length nobody announced.</summary>
    internal abstract Task StreamAsync(long artifact, ReadOnlyMemory<byte> piece, int pieces);

    /// <summary>Everything put so far is on the medium afterwards.</summary>
    internal abstract Task FlushAsync();

    /// <summary>Allocated bytes under the directory, as <c>du -sB1</c> counts them.</summary>
    internal virtual long DiskBytes(string directory) => DiskUsage.Of(directory);

    /// <summary>What the goal on space allows beside the live bytes: one segment.</summary>
    internal virtual long AllowedSlackBytes => 0;

    public abstract void Dispose();
}
