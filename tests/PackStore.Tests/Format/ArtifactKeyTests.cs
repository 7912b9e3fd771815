using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace PackStore.Tests.Format;

public class ArtifactKeyTests
{
    [Property]
    public Property A_key_is_written_as_lowercase_digits_and_parsed_back() =>
        Prop.ForAll(FormatGens.Key.ToArbitrary(), key =>
        {
            string text = key.ToString();
            Assert.Equal(2 * key.Length, text.Length);
            Assert.All(text, c => Assert.True(char.IsAsciiHexDigitLower(c)));
            Assert.Equal(key, ArtifactKey.Parse(text));
            Assert.Equal(key, ArtifactKey.Parse(text.ToUpperInvariant()));
            Assert.Equal(key, ArtifactKey.Parse(text, CultureInfo.InvariantCulture));
            Assert.True(ArtifactKey.TryParse(text, null, out ArtifactKey parsed));
            Assert.Equal(key, parsed);
            Assert.Equal(text, $"{key}");
            Assert.Equal(text, key.ToString("ignored", CultureInfo.InvariantCulture));
        });

    [Property]
    public Property Bytes_are_copied_in_and_out() => Prop.ForAll(FormatGens.Bytes(1, 64).ToArbitrary(), bytes =>
    {
        byte[] original = [.. bytes];
        ArtifactKey key = ArtifactKey.FromBytes(bytes);
        bytes.AsSpan().Clear();
        byte[] copy = new byte[key.Length];
        Assert.Equal(original.Length, key.CopyTo(copy));
        Assert.Equal(original, copy);
    });

    [Property]
    public Property Order_and_equality_are_those_of_the_bytes() => Prop.ForAll(
        FormatGens.Bytes(1, 4).ToArbitrary(), FormatGens.Bytes(1, 4).ToArbitrary(), (left, right) =>
        {
            ArtifactKey a = ArtifactKey.FromBytes(left);
            ArtifactKey b = ArtifactKey.FromBytes(right);
            int expected = Math.Sign(left.AsSpan().SequenceCompareTo(right));
            Assert.Equal(expected, Math.Sign(a.CompareTo(b)));
            Assert.Equal(-expected, Math.Sign(b.CompareTo(a)));
            Assert.Equal(
                (expected < 0, expected <= 0, expected > 0, expected >= 0, expected == 0, expected != 0),
                (a < b, a <= b, a > b, a >= b, a == b, a != b));
            Assert.Equal(expected == 0, a.Equals((object)b));
            Assert.True(expected != 0 || a.GetHashCode() == b.GetHashCode());
        });

    [Fact]
    public void A_key_sorts_before_one_it_is_a_prefix_of_even_by_zeros()
    {
        ArtifactKey key = ArtifactKey.FromBytes([1]);
        ArtifactKey longer = ArtifactKey.FromBytes([1, 0]);
        Assert.True(key < longer);
        Assert.NotEqual(key, longer);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(65)]
    [InlineData(1000)]
    public void Bytes_of_a_wrong_length_are_refused_naming_the_argument(int length) =>
        Assert.Throws<ArgumentException>("bytes", () => ArtifactKey.FromBytes(new byte[length]));

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("abc")]
    [InlineData("0g")]
    [InlineData(" ab")]
    [InlineData("ab ")]
    [InlineData("0xab")]
    [InlineData("-1")]
    [InlineData("a\0")]
    [InlineData("\uff11\uff11")]
    [InlineData("\u0661\u0661")]
    public void Text_that_is_no_key_is_refused(string text)
    {
        Assert.False(ArtifactKey.TryParse(text, out ArtifactKey key));
        Assert.Equal(default, key);
        Assert.Throws<FormatException>(() => ArtifactKey.Parse(text));
        Assert.Throws<FormatException>(() => ArtifactKey.Parse(text, null));
    }

    [Fact]
    public void Text_of_more_than_64_bytes_is_refused()
    {
        Assert.True(ArtifactKey.TryParse(new string('a', 128), out ArtifactKey key));
        Assert.Equal(64, key.Length);
        Assert.False(ArtifactKey.TryParse(new string('a', 130), out _));
    }

    [Fact]
    public void No_text_is_no_key()
    {
        Assert.False(ArtifactKey.TryParse(null, null, out _));
        Assert.Throws<ArgumentNullException>("s", () => ArtifactKey.Parse(null!, null));
    }

    [Property(MaxTest = 10_000)]
    public Property Parsing_arbitrary_text_never_throws() =>
        Prop.ForAll(ArbMap.Default.ArbFor<string>(), text =>
        {
            bool isKey = ArtifactKey.TryParse(text.AsSpan(), out ArtifactKey key);
            Assert.Equal(isKey, key.Length > 0);
        });

    [Property]
    public Property Formatting_fits_exactly_or_says_that_it_does_not() =>
        Prop.ForAll(FormatGens.Key.ToArbitrary(), key =>
        {
            char[] room = new char[2 * key.Length];
            Assert.False(key.TryFormat(room.AsSpan(1), out int written, default, null));
            Assert.Equal(0, written);
            Assert.True(key.TryFormat(room, out written, default, null));
            Assert.Equal((room.Length, key.ToString()), (written, new string(room)));
        });

    [Fact]
    public void A_destination_too_short_is_refused()
    {
        ArtifactKey key = ArtifactKey.FromBytes([1, 2, 3]);
        Assert.Throws<ArgumentException>(() => key.CopyTo(new byte[2]));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("//target:name")]
    [InlineData("gr\u00fc\u00df")]
    public void A_hashed_key_is_the_SHA256_of_the_UTF8_text(string text)
    {
        byte[] expected = SHA256.HashData(Encoding.UTF8.GetBytes(text));
        Assert.Equal(ArtifactKey.FromBytes(expected), ArtifactKey.FromHash(text));
    }

    [Fact]
    public void Text_that_cannot_be_hashed_is_refused_naming_the_argument()
    {
        // In one test: a runner's protocol does not carry unpaired surrogates.
        foreach (string text in new[] { "", "\ud800", "a\udc00b" })
        {
            Assert.Throws<ArgumentException>(nameof(text), () => ArtifactKey.FromHash(text));
        }
    }

    [Fact]
    public void The_default_has_no_bytes_and_equals_itself_only()
    {
        ArtifactKey key = default;
        Assert.Equal((0, ""), (key.Length, key.ToString()));
        Assert.Equal(default, key);
        Assert.NotEqual(default, ArtifactKey.FromBytes([0]));
    }
}
