using System.Globalization;

namespace PackStore.Fuzz;

/// <summary>The options of a run.</summary>
internal sealed record FuzzOptions(string Target, long Iterations, ulong Seed, string? Corpus)
{
    /// <summary>Reads them; null with what was wrong.</summary>
    public static FuzzOptions? TryParse(ReadOnlySpan<string> args, ulong defaultSeed, out string problem)
    {
        FuzzOptions options = new("all", 200_000, defaultSeed, null);
        for (int i = 0; i < args.Length; i += 2)
        {
            problem = $"{args[i]}: unknown, or without a value that makes sense";
            string value = i + 1 < args.Length ? args[i + 1] : "";
            switch (args[i])
            {
                case "--target" when value == "all" || FuzzTargets.Find(value) is not null:
                    options = options with { Target = value };
                    break;
                case "--iterations" when long.TryParse(
                    value, NumberStyles.None, CultureInfo.InvariantCulture, out long iterations):
                    options = options with { Iterations = iterations };
                    break;
                case "--seed" when ulong.TryParse(
                    value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed):
                    options = options with { Seed = seed };
                    break;
                case "--corpus" when value.Length > 0:
                    options = options with { Corpus = value };
                    break;
                default:
                    return null;
            }
        }

        problem = "";
        return options;
    }
}
