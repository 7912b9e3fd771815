using PackStore.Storage.Foreign;
using PackStore.Storage.Portable;

namespace PackStore.Tests.Storage;

/// <summary>The suite over the runtime's own files.</summary>
public sealed class PortableForeignDirectoryTests : ForeignDirectorySuite
{
    private protected override bool KnowsPipes => false;

    private protected override IForeignDirectory Open(string path) => PortableForeignDirectory.Open(path);
}
