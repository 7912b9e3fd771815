using PackStore.Storage;
using PackStore.Storage.Portable;

namespace PackStore.Tests.Storage;

/// <summary>The suite over the runtime's own files.</summary>
public sealed class PortableStoreSuiteTests : StoreFileSuite
{
    private protected override bool HasHardLinks => false;

    private protected override bool MapsBeyondEnd => false;

    private protected override bool KnowsIdentity => false;

    private protected override bool NamesLockHolder => OperatingSystem.IsWindows();

    private protected override IStoreDirectory Open() => PortableStoreDirectory.Open(RootPath);
}
