using PackStore.Tools.Values;

namespace PackStore.Tools.Tests;

public sealed class KeyTextTests
{
    [Fact]
    public void Either_case_is_read_and_lowercase_is_written() =>
        Assert.Equal("ab0f", KeyText.Parse("Ab0F").ToString());

    [Fact]
    public void The_longest_key_has_128_digits() =>
        Assert.Equal(new string('a', 128), KeyText.Parse(new string('A', 128)).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("abc")]
    [InlineData("zz")]
    [InlineData(" ab")]
    [InlineData("0xab")]
    public void Anything_else_is_a_usage_error(string text) =>
        Assert.Equal(ExitCode.Usage, Assert.Throws<ToolException>(() => KeyText.Parse(text)).Code);

    [Fact]
    public void A_key_of_130_digits_is_a_usage_error() =>
        Assert.Equal(ExitCode.Usage, Assert.Throws<ToolException>(() => KeyText.Parse(new string('a', 130))).Code);

    [Theory]
    [InlineData("plain name.o", "plain name.o")]
    [InlineData("a\u001b[31mb", "a\\x1b[31mb")]
    [InlineData("line\nfeed", "line\\x0afeed")]
    [InlineData("turn\u202eround", "turn\\x202eround")]
    [InlineData("grün", "grün")]
    public void Names_cannot_move_the_cursor(string name, string shown) => Assert.Equal(shown, Printable.Escape(name));

    [Theory]
    [InlineData("/tmp/store", "/tmp/store")]
    [InlineData("my store", "'my store'")]
    [InlineData("it's", "'it'\\''s'")]
    [InlineData("", "''")]
    public void Suggested_commands_can_be_pasted(string path, string word) => Assert.Equal(word, Printable.Quote(path));
}
