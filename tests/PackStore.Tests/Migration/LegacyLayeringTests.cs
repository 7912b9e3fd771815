using PackStore.Tests.Architecture;
using Xunit;

namespace PackStore.Tests.Migration;

/// <summary>The legacy readers are pure: the same bytes are read the same from a file, a map or a test.</summary>
public class LegacyLayeringTests
{
    private const string Place = "src/PackStore/Migration/Legacy";

    [Fact]
    public void The_readers_see_no_other_room_and_no_file()
    {
        SourceFile[] readers = [.. Repository.Sources.Where(file => file.IsUnder(Place))];
        Assert.NotEmpty(readers);
        Assert.Empty(readers.SelectMany(file => file.Lines.Where(IsForbidden).Select(line => $"{file.Path}: {line}")));
    }

    [Theory]
    [InlineData("using PackStore.Storage;", true)]
    [InlineData("using System.IO.MemoryMappedFiles;", true)]
    [InlineData("        byte[] all = File.ReadAllBytes(path);", true)]
    [InlineData("using PackStore.Migration.Legacy.Hashing;", false)]
    [InlineData("using System.IO.Hashing;", false)]
    public void What_a_reader_must_not_see_is_found(string line, bool isForbidden) =>
        Assert.Equal(isForbidden, IsForbidden(line));

    private static bool IsForbidden(string line) =>
        (line.StartsWith("using PackStore.", StringComparison.Ordinal)
            && !line.StartsWith("using PackStore.Migration.Legacy", StringComparison.Ordinal))
        || (line.StartsWith("using System.IO", StringComparison.Ordinal) && line != "using System.IO.Hashing;")
        || line.Contains(" File.", StringComparison.Ordinal) || line.Contains(" Directory.", StringComparison.Ordinal);
}
