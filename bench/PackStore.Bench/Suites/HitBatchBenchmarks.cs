using PackStore.Bench.Engines;

namespace PackStore.Bench.Suites;

/// <summary>The same hits, sixteen keys a call where the engine has such a call.</summary>
public class HitBatchBenchmarks : PeerSuite
{
    private protected override bool Batched => true;

    private protected override ulong Operate(Peer peer, PeerSession session)
    {
        ulong sink = 0;
        _ = session.TouchBatched(Run, Position, Operations, ref sink);
        return sink;
    }
}
