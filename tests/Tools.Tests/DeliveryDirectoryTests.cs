using PackStore.Tools.Delivery;
using PackStore.Tools.Tests.Support;

namespace PackStore.Tools.Tests;

public sealed class DeliveryDirectoryTests
{
    [Fact]
    public void Folders_are_made_on_the_way()
    {
        using TemporaryDirectory temporary = new();
        DeliveryDirectory directory = new(temporary["new/dir"]);
        Assert.Null(directory.PrepareParents("a/b/c"));
        Assert.True(Directory.Exists(temporary["new/dir/a/b"]));
        Assert.False(Path.Exists(temporary["new/dir/a/b/c"]));
    }

    [Fact]
    public void A_link_on_the_way_is_not_followed()
    {
        using TemporaryDirectory temporary = new();
        Directory.CreateDirectory(temporary["outside"]);
        DeliveryDirectory directory = new(temporary["dir"]);
        Directory.CreateSymbolicLink(temporary["dir/link"], temporary["outside"]);
        Assert.NotNull(directory.PrepareParents("link/sub/a"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(temporary["outside"]));
    }

    [Fact]
    public void A_file_on_the_way_is_refused()
    {
        using TemporaryDirectory temporary = new();
        DeliveryDirectory directory = new(temporary["dir"]);
        temporary.WriteFile("dir/file", "x"u8);
        Assert.NotNull(directory.PrepareParents("file/a"));
    }

    [Fact]
    public void A_folder_in_the_place_of_a_file_is_refused()
    {
        using TemporaryDirectory temporary = new();
        DeliveryDirectory directory = new(temporary["dir"]);
        Directory.CreateDirectory(temporary["dir/a"]);
        Assert.NotNull(directory.PrepareParents("a"));
    }

    [Fact]
    public void A_link_in_the_place_of_a_file_is_no_obstacle_because_it_is_replaced()
    {
        using TemporaryDirectory temporary = new();
        DeliveryDirectory directory = new(temporary["dir"]);
        File.CreateSymbolicLink(temporary["dir/a"], "/etc/passwd");
        Assert.Null(directory.PrepareParents("a"));
    }

    [Fact]
    public void A_file_is_no_directory()
    {
        using TemporaryDirectory temporary = new();
        string file = temporary.WriteFile("file", "x"u8);
        Assert.Equal(ExitCode.Failed, Assert.Throws<ToolException>(() => new DeliveryDirectory(file)).Code);
    }
}
