using System.Globalization;
using PackStore.Bench.Engines;

namespace PackStore.Bench.Peers;

/// <summary>What a run of the harness was asked for.</summary>
internal sealed record PeersOptions
{
    internal const string Usage =
        """
        peers [--scale S] [--runs N] [--engines a,b] [--workloads w1,w2] [--out FILE.md] [--json FILE] [--dir DIRECTORY]
          --scale      1 is 1,000,000 artifacts of 1 KiB; 0.01 is a smoke run            (1)
          --runs       runs of each step; the table has their median                     (5)
          --engines    packstore packstore-batch floor lmdb loose                        (all)
          --workloads  w1 .. w12, see bench/README.md                                    (all)
          --dir        where the stores are made; everything under it is removed         (a temporary directory)
        """;

    internal double Scale { get; init; } = 1;

    internal int Runs { get; init; } = 5;

    internal IReadOnlyList<string> Engines { get; init; } = PeerFactory.All;

    internal IReadOnlySet<string>? Workloads { get; init; }

    internal string? OutputPath { get; init; }

    internal string? JsonPath { get; init; }

    internal string Directory { get; init; } =
        Path.Combine(Path.GetTempPath(), $"packstore-bench-{Environment.ProcessId}");

    /// <summary>The options, or <see langword="null"/> when the arguments make no sense.</summary>
    internal static PeersOptions? Parse(ReadOnlySpan<string> arguments)
    {
        var options = new PeersOptions();
        for (int i = 0; i + 1 < arguments.Length; i += 2)
        {
            string value = arguments[i + 1];
            PeersOptions? next = arguments[i] switch
            {
                "--scale" when double.TryParse(value, CultureInfo.InvariantCulture, out double scale) && scale > 0 =>
                    options with { Scale = scale },
                "--runs" when int.TryParse(value, CultureInfo.InvariantCulture, out int runs) && runs > 0 =>
                    options with { Runs = runs },
                "--engines" when value.Split(',').All(PeerFactory.All.Contains) =>
                    options with { Engines = [.. PeerFactory.All.Where(value.Split(',').Contains)] },
                "--workloads" => options with { Workloads = value.Split(',').ToHashSet() },
                "--out" => options with { OutputPath = value },
                "--json" => options with { JsonPath = value },
                "--dir" => options with { Directory = Path.Combine(value, $"packstore-bench-{Environment.ProcessId}") },
                _ => null,
            };
            if (next is null)
            {
                return null;
            }

            options = next;
        }

        return arguments.Length % 2 == 0 ? options : null;
    }

    internal int Scaled(double count) => (int)Math.Max(64, count * Scale);
}
