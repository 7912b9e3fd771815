using PackStore.Bench.Data;

namespace PackStore.Bench.Engines;

/// <summary>One thread's way to read. The loops are inside so that each engine is called as its own user would call
/// it.</summary>
internal abstract class PeerSession : IDisposable
{
    /// <summary>Asks for keys start .. start + count - 1, reads 256 bytes of each payload, returns the number of
    /// hits.</summary>
    internal abstract int Touch(KeyRun run, int start, int count, ref ulong sink);

    /// <summary>The same, reading every byte.</summary>
    internal abstract int ReadWhole(KeyRun run, int start, int count, ref ulong sink);

    /// <summary>The same as <see cref="Touch"/>, sixteen keys a call where the engine has such a call.</summary>
    internal virtual int TouchBatched(KeyRun run, int start, int count, ref ulong sink) =>
        Touch(run, start, count, ref sink);

    public virtual void Dispose()
    {
    }
}
