using PackStore.Tools.Files;
using PackStore.Tools.Import;

namespace PackStore.Tools.Tests;

public sealed class KeyLedgerTests
{
    private static readonly ArtifactKey s_key = ArtifactKey.Parse("ab");

    [Fact]
    public void The_second_file_waits_for_the_first()
    {
        KeyLedger ledger = new(remember: false);
        SourceEntry second = Entry("second");
        Assert.Equal(KeyClaim.Carry, ledger.Claim(s_key, Entry("first")));
        Assert.Equal(KeyClaim.Wait, ledger.Claim(s_key, second));
        Assert.Equal([second], ledger.Release(s_key, arrived: true));
        Assert.Equal(KeyClaim.Carry, ledger.Claim(s_key, Entry("third")));
    }

    [Fact]
    public void A_plan_remembers_what_has_arrived()
    {
        KeyLedger ledger = new(remember: true);
        Assert.Equal(KeyClaim.Carry, ledger.Claim(s_key, Entry("first")));
        Assert.Empty(ledger.Release(s_key, arrived: true));
        Assert.Equal(KeyClaim.Arrived, ledger.Claim(s_key, Entry("second")));
    }

    [Fact]
    public void Of_many_claims_at_once_one_carries()
    {
        KeyLedger ledger = new(remember: false);
        int carriers = 0;
        Parallel.For(0, 64, i =>
        {
            if (ledger.Claim(s_key, Entry($"{i}")) == KeyClaim.Carry)
            {
                Interlocked.Increment(ref carriers);
            }
        });
        Assert.Equal(1, carriers);
        Assert.Equal(63, ledger.Release(s_key, arrived: true).Count);
    }

    private static SourceEntry Entry(string name) =>
        new(name, "/" + name, new FileFacts(FileKind.Regular, 0, 0, 0, 0, 0, 0));
}
