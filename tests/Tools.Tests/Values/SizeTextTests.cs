using FsCheck.Xunit;
using PackStore.Tools.Values;

namespace PackStore.Tools.Tests.Values;

public sealed class SizeTextTests
{
    [Theory]
    [InlineData("0", 0L)]
    [InlineData("4096", 4096L)]
    [InlineData("17B", 17L)]
    [InlineData("1K", 1024L)]
    [InlineData("64k", 65536L)]
    [InlineData("1KiB", 1024L)]
    [InlineData("1kB", 1000L)]
    [InlineData("10M", 10L << 20)]
    [InlineData("10MiB", 10L << 20)]
    [InlineData("10MB", 10_000_000L)]
    [InlineData("1.5G", 3L << 29)]
    [InlineData("2T", 2L << 40)]
    [InlineData("2TB", 2_000_000_000_000L)]
    [InlineData("3 GiB", 3L << 30)]
    public void Sizes_are_read(string text, long bytes)
    {
        Assert.True(SizeText.TryParse(text, out long found));
        Assert.Equal(bytes, found);
    }

    [Theory]
    [InlineData("")]
    [InlineData("K")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("1.2.3")]
    [InlineData("1X")]
    [InlineData("1KB2")]
    [InlineData("1Kib")]
    [InlineData("1e3")]
    [InlineData("9999999999T")]
    [InlineData("0x10")]
    public void What_is_no_size_is_refused(string text) => Assert.False(SizeText.TryParse(text, out _));

    [Theory]
    [InlineData(0L, "0 B")]
    [InlineData(1023L, "1023 B")]
    [InlineData(1024L, "1.0 KiB")]
    [InlineData(46_871_347L, "44.7 MiB")]
    [InlineData(long.MaxValue, "8192.0 PiB")]
    public void Sizes_are_written(long bytes, string text) => Assert.Equal(text, SizeText.Format(bytes));

    [Property]
    public bool A_written_size_reads_back_near_what_it_was(FsCheck.NonNegativeInt size) =>
        SizeText.TryParse(SizeText.Format(size.Get), out long found) && Math.Abs(found - size.Get) <= 0.06 * size.Get;
}
