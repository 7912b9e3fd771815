using System.Globalization;

namespace PackStore.Tools.Values;

/// <summary>Sizes as people write them. <c>K M G T</c> and <c>KiB MiB ...</c> are powers of 1024, <c>kB MB ...</c> of
/// 1000.</summary>
internal static class SizeText
{
    private static readonly string[] s_units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

    /// <summary>Reads <c>64K</c>, <c>1.5GiB</c>, <c>10MB</c>, <c>4096</c>.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out long bytes)
    {
        bytes = 0;
        int digits = NumberText.PrefixLength(text);
        if (digits == 0 || !NumberText.TryParse(text[..digits], out decimal number)
            || MultiplierOf(text[digits..].Trim()) is not { } multiplier)
        {
            return false;
        }

        if (number > long.MaxValue / multiplier)
        {
            return false;
        }

        bytes = (long)(number * multiplier);
        return true;
    }

    /// <summary>Reads a size or ends the run with a usage error that names the option.</summary>
    public static long Parse(string text, string option) => TryParse(text, out long bytes)
        ? bytes
        : throw ToolException.Usage(
            $"{option}: '{text}' is not a size; say for example 4096, 64K, 1.5GiB (powers of 1024) or 10MB (of 1000).");

    /// <summary>Writes a size for people: <c>44.7 MiB</c>.</summary>
    public static string Format(long bytes)
    {
        double value = bytes;
        int unit = 0;
        while (value >= 1023.95 && unit < s_units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return unit == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{bytes} B")
            : string.Create(CultureInfo.InvariantCulture, $"{value:0.0} {s_units[unit]}");
    }

    private static decimal? MultiplierOf(ReadOnlySpan<char> unit)
    {
        if (unit.IsEmpty || unit is "B" or "b")
        {
            return 1;
        }

        int power = "kmgtp".IndexOf(char.ToLowerInvariant(unit[0]), StringComparison.Ordinal) + 1;
        if (power == 0)
        {
            return null;
        }

        decimal? step = unit[1..] switch
        {
            "" or "iB" => 1024,
            "B" => 1000,
            _ => null,
        };
        if (step is not { } factor)
        {
            return null;
        }

        decimal result = 1;
        for (int i = 0; i < power; i++)
        {
            result *= factor;
        }

        return result;
    }
}
