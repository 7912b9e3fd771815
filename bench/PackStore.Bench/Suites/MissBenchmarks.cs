using PackStore.Bench.Data;
using PackStore.Bench.Engines;

namespace PackStore.Bench.Suites;

/// <summary>A key that was never put, asked of a warm store.</summary>
public class MissBenchmarks : PeerSuite
{
    private protected override KeyRun MakeRun() => KeyRun.Absent(1 << 14);

    private protected override ulong Operate(Peer peer, PeerSession session)
    {
        ulong sink = 0;
        return (ulong)session.Touch(Run, Position, Operations, ref sink);
    }
}
