using System.Globalization;
using PackStore.Bench.Report;
using PackStore.Bench.Space.Compaction;

namespace PackStore.Bench.Space;

/// <summary>Measures what compaction costs: bytes written for each byte put, what a hit beside it takes, and where it
/// puts what is read together.</summary>
internal static class CompactionCommand
{
    /// <summary>How to call it.</summary>
    public const string Usage =
        "compaction [amplification|beside|locality] [--dir DIR] [--mib MIB] [--rounds N]   (all three by default)";

    private const double UniformGoal = 3;
    private const double ZipfGoal = 2;
    private static readonly double[] s_shares = [0.5, 0.6, 0.7, 0.8, 0.9];

    // The bound goes by what lives and not by the cap, so that two of them show that the cap makes no difference.
    private static readonly double[] s_capShares = [0.5, 0.8];

    /// <summary>Runs it.</summary>
    public static int Run(string[] arguments)
    {
        string what = arguments.Length > 0 && !arguments[0].StartsWith('-') ? arguments[0] : "all";
        Dictionary<string, string> given = [];
        for (int i = what == "all" ? 0 : 1; i + 1 < arguments.Length; i += 2)
        {
            given[arguments[i]] = arguments[i + 1];
        }

        if (given.Keys.Except(["--dir", "--mib", "--rounds"]).Any()
            || what is not ("all" or "amplification" or "beside" or "locality"))
        {
            Console.Error.WriteLine(Usage);
            return 2;
        }

        long Number(string name, long otherwise) =>
            given.TryGetValue(name, out string? text) ? long.Parse(text, CultureInfo.InvariantCulture) : otherwise;
        string parent = given.GetValueOrDefault("--dir", Path.GetTempPath());
        string root = Directory.CreateDirectory(
            Path.Combine(parent, $"packstore-compaction-{Environment.ProcessId}")).FullName;
        try
        {
            Console.WriteLine(MachineInfo.Read(root));
            bool isMet = true;
            if (what is "all" or "amplification")
            {
                isMet &= Amplification(root, Number("--mib", 1024) << 20);
            }

            if (what is "all" or "beside")
            {
                isMet &= BesideRun.Run(root, Number("--mib", 2048) << 20, (int)Number("--rounds", 5));
            }

            if (what is "all" or "locality")
            {
                LocalityRun.Run(root, Number("--mib", 512) << 20);
            }

            return isMet ? 0 : 1;
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static bool Amplification(string root, long liveBytes)
    {
        Console.WriteLine();
        Console.WriteLine("The store's own bound, live bytes as a share of the cap:");
        Console.WriteLine();
        AmplificationHead();
        bool isMet = true;
        foreach (bool isZipf in new[] { false, true })
        {
            foreach (double share in s_capShares)
            {
                AmplificationRun run = Amplification(root, isZipf, liveBytes, share, 0.25);
                isMet &= share is not 0.8 || run.Written < (isZipf ? ZipfGoal : UniformGoal);
            }
        }

        Console.WriteLine();
        Console.WriteLine("Other bounds, so that live bytes have about this share of the disk:");
        Console.WriteLine();
        AmplificationHead();
        foreach (bool isZipf in new[] { false, true })
        {
            foreach (double share in s_shares.Where(static s => s is not 0.8))
            {
                Amplification(root, isZipf, liveBytes, 0.8, (1 / share) - 1);
            }
        }

        return isMet;
    }

    private static AmplificationRun Amplification(
        string root, bool isZipf, long liveBytes, double capShare, double deadShare)
    {
        string path = Path.Combine(root, "store");
        AmplificationRun run = AmplificationRun.Measure(path, isZipf, liveBytes, capShare, deadShare);
        Directory.Delete(path, recursive: true);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {run.Pattern} | {run.CapShare:P0} | {run.LiveShare:P1} | {run.Written:F2} | {run.Greedy:F2} | ")
            + string.Create(
                CultureInfo.InvariantCulture, $"{run.Aged:F2} | {run.Segments} | {run.WorstOfBound:F3} |"));
        return run;
    }

    private static void AmplificationHead()
    {
        Console.WriteLine("| overwrites | live of the cap | live of the segments' bytes | written / put "
            + "| model, greedy | model, aged | segments | most of the bound |");
        Console.WriteLine("|---|---:|---:|---:|---:|---:|---:|---:|");
    }
}
