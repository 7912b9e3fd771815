using PackStore.Storage;
using PackStore.TestKit;

namespace PackStore.Tests.Storage;

/// <summary>The suite over a double that observes: it changes nothing.</summary>
public sealed class ObservedStoreSuiteTests : StoreFileSuite
{
    private protected override IStoreDirectory Open()
        => new RecordingDirectory(new FaultingDirectory(StoreDirectories.Open(RootPath)));
}
