using FsCheck.Xunit;
using PackStore.Tools.Delivery;

namespace PackStore.Tools.Tests;

public sealed class DeliveryNamesTests
{
    [Theory]
    [InlineData("a.o")]
    [InlineData("sub/dir/a.o")]
    [InlineData("...")]
    [InlineData(".hidden")]
    [InlineData("with space")]
    [InlineData("grün/ä")]
    [InlineData("-rf")]
    public void Ordinary_names_are_kept(string name)
    {
        DeliveryName planned = Assert.Single(DeliveryNames.Plan([name], 10, static _ => null));
        Assert.Equal(name, planned.RelativePath);
        Assert.Null(planned.Refused);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/etc/passwd")]
    [InlineData("../a")]
    [InlineData("a/../../b")]
    [InlineData("a/..")]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("./a")]
    [InlineData("a/./b")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData("a\0b")]
    [InlineData("a\\b")]
    [InlineData("C:")]
    [InlineData("c:/windows")]
    [InlineData("z:file")]
    public void Hostile_names_become_output_and_index(string name)
    {
        IReadOnlyList<DeliveryName> plan = DeliveryNames.Plan(["fine", name], 10, static _ => null);
        Assert.Null(plan[0].Refused);
        Assert.Equal("output-1", plan[1].RelativePath);
        Assert.NotNull(plan[1].Refused);
    }

    [Fact]
    public void A_name_that_is_not_valid_Unicode_is_refused() =>
        Assert.NotNull(DeliveryNames.Refuse("lone\ud800surrogate", 10));

    [Fact]
    public void A_component_may_have_255_bytes_and_no_more()
    {
        Assert.Null(DeliveryNames.Refuse(new string('a', 255), 10));
        Assert.NotNull(DeliveryNames.Refuse(new string('a', 256), 10));
        Assert.NotNull(DeliveryNames.Refuse(new string('ä', 128), 10));
    }

    [Fact]
    public void A_path_that_is_too_long_in_all_is_refused()
    {
        string name = string.Join('/', Enumerable.Repeat(new string('a', 200), 20));
        Assert.Null(DeliveryNames.Refuse(name, 10));
        Assert.NotNull(DeliveryNames.Refuse(name, 200));
    }

    [Fact]
    public void The_first_of_two_equal_names_keeps_it() =>
        Assert.Equal(["a", "output-1"], Paths(["a", "a"]));

    [Fact]
    public void A_file_and_a_folder_of_one_name_collide() =>
        Assert.Equal(["a", "output-1", "b/c", "output-3"], Paths(["a", "a/b", "b/c", "b"]));

    [Fact]
    public void A_name_that_looks_like_a_fallback_gives_way_to_it() =>
        Assert.Equal(["output-0", "output-1"], Paths(["output-1", "/etc/passwd"]));

    [Fact]
    public void A_folder_that_looks_like_a_fallback_gives_way_to_it() =>
        Assert.Equal(["output-0", "output-1"], Paths(["output-1/a", ""]));

    [Fact]
    public void Giving_way_goes_on_to_the_end() =>
        Assert.Equal(["output-0", "output-1", "output-2"], Paths(["output-1", "output-2", ".."]));

    [Fact]
    public void What_lies_in_the_way_is_gone_around()
    {
        IReadOnlyList<DeliveryName> plan = DeliveryNames.Plan(
            ["link/a", "output-0"], 10, static n => n == "link/a" ? "leads through a link" : null);
        Assert.Equal(["output-0", "output-1"], plan.Select(static n => n.RelativePath));
    }

    [Property]
    public bool Planned_paths_are_distinct_and_stay_inside(string?[] names)
    {
        string[] given = [.. names.Select(static n => n ?? "")];
        string[] paths = Paths(given);
        string root = Path.GetFullPath("/some/where");
        return paths.Distinct().Count() == paths.Length
            && paths.All(p => !p.Contains('\0', StringComparison.Ordinal)
                && Path.GetFullPath(Path.Join(root, p)).StartsWith(root + "/", StringComparison.Ordinal));
    }

    private static string[] Paths(string[] names) =>
        [.. DeliveryNames.Plan(names, 10, static _ => null).Select(static n => n.RelativePath)];
}
