using System.Globalization;

namespace PackStore.Tools.Values;

/// <summary>Moments: UTC, ISO 8601, to the second.</summary>
internal static class TimeText
{
    private static readonly string[] s_formats =
    [
        "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd",
    ];

    /// <summary>Writes <c>2026-11-22T20:31:04Z</c>.</summary>
    public static string Format(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>Reads a date or a moment; without an offset it is UTC.</summary>
    public static bool TryParse(string text, out DateTimeOffset time) => DateTimeOffset.TryParseExact(
        text,
        s_formats,
        CultureInfo.InvariantCulture,
        DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
        out time);

    /// <summary>Reads an age before <paramref name="now"/> or a moment, or ends the run with a usage error.</summary>
    public static DateTimeOffset ParseAgeOrTime(string text, DateTimeOffset now, string option)
    {
        if (AgeText.TryParse(text, out TimeSpan age))
        {
            return age < now - DateTimeOffset.MinValue ? now - age : DateTimeOffset.MinValue;
        }

        return TryParse(text, out DateTimeOffset time)
            ? time
            : throw ToolException.Usage(
                $"{option}: '{text}' is neither an age (30m, 12h, 7d) nor a time (2026-11-22T20:31:04Z).");
    }
}
