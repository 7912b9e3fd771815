using System.Globalization;
using PackStore.Tools.Values;

namespace PackStore.Tools.Commands;

/// <summary>What <c>compact</c> evicts first, and, of a plan, who that would be.</summary>
internal sealed class CompactEvictions(CommandContext context)
{
    private const int MostNamed = 20;
    private readonly List<string[]> _named = [];

    /// <summary>The options for limits as they were given; null if none was.</summary>
    public EvictionOptions? OptionsOf(string? maxBytes, string? maxAge)
    {
        if (maxBytes is null && maxAge is null)
        {
            return null;
        }

        TimeSpan? age = null;
        if (maxAge is not null)
        {
            age = AgeText.TryParse(maxAge, out TimeSpan parsed)
                ? parsed
                : throw ToolException.Usage($"--max-age: '{maxAge}' is no age such as 30m, 12h or 7d.");
        }

        return new EvictionOptions
        {
            MaxBytes = maxBytes is null ? null : SizeText.Parse(maxBytes, "--max-bytes"),
            MaxAge = age,
            OnVictim = context.DryRun && context.Text is not null ? Name : null,
        };
    }

    /// <summary>Prints how many, and of a plan the first of them.</summary>
    public void Print(CompactionReport report)
    {
        if (context.Text is not { } text || report.Eviction is not { } eviction)
        {
            return;
        }

        string count = eviction.Artifacts.ToString(CultureInfo.InvariantCulture);
        text.Field("evicted", $"{count} artifacts, {SizeText.Format(eviction.Bytes)}");
        if (_named.Count > 0)
        {
            text.Blank();
            text.Table(["VICTIM", "LAST USED", ">BYTES", "BECAUSE"], _named);
            if (eviction.Artifacts > _named.Count)
            {
                text.Line(string.Create(
                    CultureInfo.InvariantCulture, $"... and {eviction.Artifacts - _named.Count} more"));
            }
        }
    }

    private void Name(EvictedArtifact victim)
    {
        if (_named.Count < MostNamed)
        {
            _named.Add(
            [
                victim.Key.ToString(), TimeText.Format(victim.LastUsed), SizeText.Format(victim.Bytes),
                victim.Reason switch
                {
                    EvictionReason.Age => "too old",
                    EvictionReason.FreeSpace => "the disk is too full",
                    _ => "least recently used",
                },
            ]);
        }
    }
}
