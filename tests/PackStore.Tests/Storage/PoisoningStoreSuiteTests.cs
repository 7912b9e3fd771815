using PackStore.Storage;
using PackStore.TestKit;

namespace PackStore.Tests.Storage;

/// <summary>The suite over a double that makes released memory inaccessible.</summary>
public sealed class PoisoningStoreSuiteTests : StoreFileSuite
{
    private protected override IStoreDirectory Open()
        => new PoisoningDirectory(StoreDirectories.Open(RootPath), new PoisonLedger());
}
