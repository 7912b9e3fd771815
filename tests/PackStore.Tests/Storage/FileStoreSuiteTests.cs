using PackStore.Storage;
using PackStore.Storage.Linux;

namespace PackStore.Tests.Storage;

/// <summary>The suite over Linux system calls.</summary>
public sealed class FileStoreSuiteTests : StoreFileSuite
{
    private protected override IStoreDirectory Open() => FileStoreDirectory.Open(RootPath);
}
