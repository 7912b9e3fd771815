namespace PackStore.Tools.Tests;

public sealed class VerbSuggestionTests
{
    [Fact]
    public void Swapped_neighbours_are_one_mistake() => Assert.Equal("ls", VerbSuggestion.For("sl", ["ls", "rm"]));

    [Fact]
    public void Nothing_near_means_no_suggestion() =>
        Assert.Null(VerbSuggestion.For("xylophone", ["ls", "rm", "verify"]));
}
