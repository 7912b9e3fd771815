using System.Globalization;
using System.Text;

namespace PackStore.Tools.Values;

/// <summary>Names out of a store are data: on their way to a terminal they must not move its cursor.</summary>
internal static class Printable
{
    /// <summary>The text with control and direction characters written as <c>\x1b</c>.</summary>
    public static string Escape(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            return text;
        }

        StringBuilder result = new(text.Length + 8);
        foreach (char c in text)
        {
            if (char.IsControl(c) || char.GetUnicodeCategory(c) is UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            {
                result.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}");
            }
            else
            {
                result.Append(c);
            }
        }

        return result.ToString();
    }

    /// <summary>The text as one word of a shell command.</summary>
    public static string Quote(string text)
    {
        bool plain = text.Length > 0 && !text.AsSpan().ContainsAnyExcept(s_plain);
        return plain ? text : "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
    }

    private static readonly System.Buffers.SearchValues<char> s_plain = System.Buffers.SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=./,:@%");
}
