using PackStore.Bench.Engines;

namespace PackStore.Bench.Suites;

/// <summary>A hit on a warm store of 1 KiB artifacts: find it, read 256 bytes of it.</summary>
public class HitBenchmarks : PeerSuite
{
    private protected override ulong Operate(Peer peer, PeerSession session)
    {
        ulong sink = 0;
        _ = session.Touch(Run, Position, Operations, ref sink);
        return sink;
    }
}
