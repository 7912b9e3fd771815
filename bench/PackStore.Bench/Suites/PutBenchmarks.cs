using PackStore.Bench.Engines;

namespace PackStore.Bench.Suites;

/// <summary>A put of a new 1 KiB artifact, not flushed; the store is begun anew when it holds two million.</summary>
public class PutBenchmarks : PeerSuite
{
    private const long Limit = 2_000_000;
    private long _next = -1;

    private protected override long Capacity => Limit;

    private protected override ulong Operate(Peer peer, PeerSession session)
    {
        _next = _next < 0 ? Artifacts : _next;
        if (_next + Operations > Limit)
        {
            Restart(ref peer, Engine, Limit);
            _next = 0;
        }

        peer.PutAsync(Corpus, _next, Operations).GetAwaiter().GetResult();
        _next += Operations;
        return (ulong)_next;
    }
}
