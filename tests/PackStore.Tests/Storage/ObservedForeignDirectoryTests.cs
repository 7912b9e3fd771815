using PackStore.Storage.Foreign;
using PackStore.TestKit;

namespace PackStore.Tests.Storage;

/// <summary>The suite over the double.</summary>
public sealed class ObservedForeignDirectoryTests : ForeignDirectorySuite
{
    private protected override bool KnowsPipes => false;

    private protected override IForeignDirectory Open(string path) =>
        new ObservedForeignDirectory(ForeignDirectories.Open(path), static _ => { });
}
