using System.Buffers;
using System.Globalization;

namespace PackStore.Tools.Values;

/// <summary>Plain decimal numbers without sign or exponent, the same in every culture.</summary>
internal static class NumberText
{
    private static readonly SearchValues<char> s_digits = SearchValues.Create("0123456789.");

    /// <summary>How many leading characters are digits or a point.</summary>
    public static int PrefixLength(ReadOnlySpan<char> text)
    {
        int length = text.IndexOfAnyExcept(s_digits);
        return length < 0 ? text.Length : length;
    }

    /// <summary>Reads such a number; says whether it could.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out decimal number) =>
        decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number);
}
