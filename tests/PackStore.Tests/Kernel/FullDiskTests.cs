using System.Globalization;
using PackStore.TestKit;
using PackStore.Tests.Processes;
using Xunit;
using Xunit.Abstractions;

namespace PackStore.Tests.Kernel;

/// <summary>
/// A real disk that is really full, on each file system that matters, and the limit on the length of files: a put that
/// finds no room is refused with the exception that says so, hits go on, the store closes, opens and verifies clean,
/// and with room again puts work again.
/// </summary>
public class FullDiskTests(ITestOutputHelper output)
{
    private const long SomeMegabytes = 5_000_000;

    [SkippableTheory]
    [InlineData("tmpfs", "8m", Durability.None)]
    [InlineData("tmpfs", "8m", Durability.OnFlush)]
    [InlineData("tmpfs", "8m", Durability.OnCommit)]
    [InlineData("ext4", "24M", Durability.None)]
    [InlineData("ext4", "24M", Durability.OnFlush)]
    [InlineData("ext4", "24M", Durability.OnCommit)]
    [InlineData("xfs", "300M", Durability.OnFlush)]
    [InlineData("xfs", "300M", Durability.OnCommit)]
    [InlineData("btrfs", "114M", Durability.OnFlush)]
    [InlineData("btrfs", "114M", Durability.OnCommit)]
    public void A_full_disk_refuses_puts_and_nothing_else(string fileSystem, string size, Durability durability)
    {
        using TempStore temp = new();
        PrivateMount mount = new(temp.RootPath, fileSystem, size, SomeMegabytes);

        string said = Fill(mount, durability);

        string[] words = said.Split(' ');
        Assert.True(Number(words[0]) >= 5, said);
        Assert.True(Number(words[2]) >= 24, said);
        Assert.True(Number(words[4]) >= 12, said);
    }

    [SkippableTheory]
    [InlineData("tmpfs", "8m", Durability.None)]
    [InlineData("tmpfs", "8m", Durability.OnFlush)]
    [InlineData("ext4", "24M", Durability.OnFlush)]
    [InlineData("ext4", "24M", Durability.OnCommit)]
    public void A_disk_filled_to_the_brim_is_compacted_and_after_removals_takes_puts_again(
        string fileSystem, string size, Durability durability)
    {
        using TempStore temp = new();
        PrivateMount mount = new(temp.RootPath, fileSystem, size, freeBytes: long.MaxValue);
        using ChildProcess child = ChildProcess.Start(
            mount.Prepare(), "reclaim", mount.StorePath, durability.ToString());

        string said = LastLineOf(child);

        string[] words = said.Split(' ');
        Assert.True(Number(words[0]) >= 10, said);
        Assert.True(Number(words[6]) >= 5, said);
    }

    [SkippableTheory]
    [InlineData("tmpfs", "8m")]
    [InlineData("ext4", "24M")]
    [InlineData("btrfs", "114M")]
    public void A_store_that_finds_no_room_to_begin_begins_when_there_is(string fileSystem, string size)
    {
        using TempStore temp = new();
        PrivateMount mount = new(temp.RootPath, fileSystem, size, freeBytes: 4096);

        string said = Fill(mount, Durability.OnFlush);

        // A file system may find a few pages more than it had promised; then the store is there and full.
        Assert.True(said == "opened with room again" || Number(said.Split(' ')[4]) >= 12, said);
    }

    [SkippableTheory]
    [InlineData(20, 0)]
    [InlineData(300, 10)]
    [InlineData(1500, 10)]
    public void A_limit_on_the_length_of_files_refuses_puts_and_does_not_end_the_process(int kibibytes, int puts)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "the limit is Linux's");
        using TempStore temp = new();
        string[] prefix = ["bash", "-c", "ulimit -f \"$1\" && shift && exec \"$@\"", "limit",
            kibibytes.ToString(CultureInfo.InvariantCulture)];
        using ChildProcess child = ChildProcess.Start(
            prefix, "fill", temp.PathOf("store"), Durability.OnFlush.ToString());

        string said = LastLineOf(child);

        string[] words = said.Split(' ');
        Assert.True(Number(words[0]) >= puts, said);
        Assert.True(Number(words[2]) >= 24, said);
    }

    private string Fill(PrivateMount mount, Durability durability)
    {
        using ChildProcess child = ChildProcess.Start(
            mount.Prepare(), "fill", mount.StorePath, durability.ToString(), mount.Ballast);
        return LastLineOf(child);
    }

    private string LastLineOf(ChildProcess child)
    {
        string said = child.Output.ReadToEnd();
        string errors = child.Finish();
        PrivateMount.SkipIfNotMounted(child.ExitCode, errors);
        Assert.True(child.ExitCode == 0, $"exit code {child.ExitCode}\n{said}\n{errors}");
        output.WriteLine(said);
        return said.TrimEnd().Split('\n')[^1];
    }

    private static int Number(string word) => int.Parse(word, CultureInfo.InvariantCulture);
}
