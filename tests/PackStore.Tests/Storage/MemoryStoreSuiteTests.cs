using PackStore.Storage;
using PackStore.TestKit;

namespace PackStore.Tests.Storage;

/// <summary>The suite over the disk in memory.</summary>
public sealed class MemoryStoreSuiteTests : StoreFileSuite
{
    private readonly MemoryDirectory _disk = new();

    private protected override bool IsOnDisk => false;

    private protected override bool HasHardLinks => false;

    private protected override IStoreDirectory Open() => _disk;
}
