using System.Globalization;

namespace PackStore.Tools.Values;

/// <summary>Ages as people write them: <c>90s 30m 12h 7d 2w</c>.</summary>
internal static class AgeText
{
    /// <summary>Reads an age; says whether it could.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan age)
    {
        age = default;
        int digits = NumberText.PrefixLength(text);
        if (digits == 0 || !NumberText.TryParse(text[..digits], out decimal number))
        {
            return false;
        }

        long? unit = text[digits..] switch
        {
            "s" => TimeSpan.TicksPerSecond,
            "m" => TimeSpan.TicksPerMinute,
            "h" => TimeSpan.TicksPerHour,
            "d" => TimeSpan.TicksPerDay,
            "w" => 7 * TimeSpan.TicksPerDay,
            _ => null,
        };
        if (unit is not { } ticks || number > long.MaxValue / ticks)
        {
            return false;
        }

        age = new TimeSpan((long)(number * ticks));
        return true;
    }

    /// <summary>Writes an age for people: <c>3d</c>, <c>4h</c>, <c>12m</c>, <c>5s</c>.</summary>
    public static string Format(TimeSpan age) => age switch
    {
        { TotalDays: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{(long)age.TotalDays}d"),
        { TotalHours: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{(long)age.TotalHours}h"),
        { TotalMinutes: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{(long)age.TotalMinutes}m"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, (long)age.TotalSeconds)}s"),
    };
}
