using PackStore.Storage;
using PackStore.Storage.Linux;

namespace PackStore.Tests.Storage;

/// <summary>The suite over the ways around everything that an older kernel or a poorer file system may lack.</summary>
public sealed class FileStoreWithoutFeaturesSuiteTests : StoreFileSuite
{
    private protected override IStoreDirectory Open() => FileStoreDirectory.Open(RootPath, StorageFeatures.None);
}
