using PackStore.Tools.Values;

namespace PackStore.Tools.Tests;

public sealed class AgeAndTimeTests
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 22, 20, 31, 4, TimeSpan.Zero);

    [Theory]
    [InlineData("90s", 90)]
    [InlineData("30m", 30 * 60)]
    [InlineData("12h", 12 * 3600)]
    [InlineData("7d", 7 * 86400)]
    [InlineData("2w", 14 * 86400)]
    [InlineData("1.5h", 5400)]
    public void Ages_are_read(string text, int seconds)
    {
        Assert.True(AgeText.TryParse(text, out TimeSpan age));
        Assert.Equal(TimeSpan.FromSeconds(seconds), age);
    }

    [Theory]
    [InlineData("")]
    [InlineData("7")]
    [InlineData("d")]
    [InlineData("-7d")]
    [InlineData("7D")]
    [InlineData("7 d")]
    [InlineData("99999999999999d")]
    public void What_is_no_age_is_refused(string text) => Assert.False(AgeText.TryParse(text, out _));

    [Fact]
    public void Times_are_written_in_UTC_to_the_second() => Assert.Equal(
        "2026-11-22T20:31:04Z",
        TimeText.Format(new DateTimeOffset(2026, 11, 22, 21, 31, 4, 789, TimeSpan.FromHours(1))));

    [Theory]
    [InlineData("2026-11-22T20:31:04Z", "2026-11-22T20:31:04Z")]
    [InlineData("2026-11-22T21:31:04+01:00", "2026-11-22T20:31:04Z")]
    [InlineData("2026-11-22", "2026-11-22T00:00:00Z")]
    [InlineData("1h", "2026-11-22T19:31:04Z")]
    [InlineData("99999d", "1753-02-07T20:31:04Z")]
    public void An_age_or_a_time_is_a_moment(string text, string moment) =>
        Assert.Equal(moment, TimeText.Format(TimeText.ParseAgeOrTime(text, s_now, "--used-since")));

    [Fact]
    public void An_age_before_all_times_is_the_first_moment() =>
        Assert.Equal(DateTimeOffset.MinValue, TimeText.ParseAgeOrTime("9999999d", s_now, "--used-since"));

    [Fact]
    public void What_is_neither_is_a_usage_error()
    {
        ToolException e = Assert.Throws<ToolException>(() => TimeText.ParseAgeOrTime("soon", s_now, "--used-since"));
        Assert.Equal(ExitCode.Usage, e.Code);
        Assert.Contains("--used-since", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("5%", 0.05)]
    [InlineData("100%", 1.0)]
    [InlineData("0.5", 0.005)]
    public void Shares_are_read(string text, double share) =>
        Assert.Equal(share, PercentText.Parse(text, "--sample"), 6);

    [Theory]
    [InlineData("0%")]
    [InlineData("101%")]
    [InlineData("-1%")]
    [InlineData("%")]
    [InlineData("half")]
    public void What_is_no_share_is_a_usage_error(string text) =>
        Assert.Equal(ExitCode.Usage, Assert.Throws<ToolException>(() => PercentText.Parse(text, "--sample")).Code);
}
