using PackStore.Tools.Values;

namespace PackStore.Tools.Export;

/// <summary>Which artifacts a listing or an export takes: all conditions must hold.</summary>
internal sealed class ArtifactFilter
{
    private static readonly string[] s_operators = ["<=", ">=", "==", "!=", "<", ">", "="];

    private readonly List<Func<ArtifactMetadata, bool>> _conditions = [];

    private ArtifactFilter()
    {
    }

    /// <summary>Whether it takes everything.</summary>
    public bool IsEmpty => _conditions.Count == 0;

    /// <summary>Reads <c>size&gt;10M &amp;&amp; age&lt;7d</c> and a time of last use, or ends the run with a usage
    /// error.</summary>
    public static ArtifactFilter Parse(string? where, string? usedSince, DateTimeOffset now)
    {
        ArtifactFilter filter = new();
        if (usedSince is not null)
        {
            DateTimeOffset since = TimeText.ParseAgeOrTime(usedSince, now, "--used-since");

            // Last use is kept to the hour: an artifact used within the hour of the limit is taken.
            DateTimeOffset hour = new(since.UtcTicks - (since.UtcTicks % TimeSpan.TicksPerHour), TimeSpan.Zero);
            filter._conditions.Add(a => a.LastUsed >= hour);
        }

        if (where is not null)
        {
            foreach (string condition in where.Split("&&"))
            {
                filter._conditions.Add(ParseCondition(condition.Trim(), now));
            }
        }

        return filter;
    }

    /// <summary>Whether all conditions hold.</summary>
    public bool Accepts(ArtifactMetadata artifact)
    {
        foreach (Func<ArtifactMetadata, bool> condition in _conditions)
        {
            if (!condition(artifact))
            {
                return false;
            }
        }

        return true;
    }

    private static Func<ArtifactMetadata, bool> ParseCondition(string condition, DateTimeOffset now)
    {
        int at = condition.AsSpan().IndexOfAny("<>=!");
        string? sign = at <= 0
            ? null
            : Array.Find(s_operators, o => condition.AsSpan(at).StartsWith(o, StringComparison.Ordinal));
        if (sign is null)
        {
            throw ToolException.Usage(
                $"--where: '{condition}' is not a condition; say for example size>10M or age<7d.");
        }

        string field = condition[..at].Trim();
        string value = condition[(at + sign.Length)..].Trim().Trim('"', '\'');
        return field switch
        {
            "size" =>
                Compare(static a => a.Payloads.Sum(static p => p.Length), sign, SizeText.Parse(value, "--where size")),
            "age" => Compare(a => (now - a.StoredAt).Ticks, sign, ParseAge(value, "age")),
            "used" => Compare(a => (now - a.LastUsed).Ticks, sign, ParseAge(value, "used")),
            "outputs" => Compare(static a => a.Payloads.Count, sign, ParseNumber(value, "outputs")),
            "exit" => Compare(static a => a.ExitCode, sign, ParseNumber(value, "exit")),
            "key" => MatchKey(sign, value),
            _ => throw ToolException.Usage(
                $"--where: '{field}' is no field; there are size, age, used, outputs, exit and key."),
        };
    }

    private static Func<ArtifactMetadata, bool> Compare(Func<ArtifactMetadata, long> field, string sign, long value) =>
        sign switch
        {
            "<" => a => field(a) < value,
            "<=" => a => field(a) <= value,
            ">" => a => field(a) > value,
            ">=" => a => field(a) >= value,
            "!=" => a => field(a) != value,
            _ => a => field(a) == value,
        };

    private static Func<ArtifactMetadata, bool> MatchKey(string sign, string prefix)
    {
        bool hexadecimal = prefix.Length > 0 && prefix.All(char.IsAsciiHexDigit);
        if (!hexadecimal || sign is not ("=" or "==" or "!="))
        {
            throw ToolException.Usage("--where: key takes = or != and the first hexadecimal digits of a key.");
        }

        bool wanted = sign != "!=";
        return a => a.Key.ToString().StartsWith(prefix, StringComparison.OrdinalIgnoreCase) == wanted;
    }

    private static long ParseAge(string text, string field) => AgeText.TryParse(text, out TimeSpan age)
        ? age.Ticks
        : throw ToolException.Usage($"--where {field}: '{text}' is not an age; say for example 30m, 12h or 7d.");

    private static long ParseNumber(string text, string field) =>
        int.TryParse(text, System.Globalization.NumberStyles.AllowLeadingSign,
            System.Globalization.CultureInfo.InvariantCulture, out int number)
            ? number
            : throw ToolException.Usage($"--where {field}: '{text}' is not a whole number.");
}
