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
        CommandArguments? given = what is "all" or "amplification" or "beside" or "locality"
            ? CommandArguments.Parse(arguments.AsSpan(what == "all" ? 0 : 1), Usage, "--dir", "--mib", "--rounds")
            : CommandArguments.Parse([what], Usage);
        if (given is null)
        {
            return 2;
        }

        long Bytes(int mebibytes) => (long)given.Number("--mib", mebibytes) << 20;
        string root = given.CreateDirectory("compaction");
        try
        {
            Console.WriteLine(MachineInfo.Read(root));
            bool isMet = true;
            if (what is "all" or "amplification")
            {
                isMet &= Amplification(root, Bytes(1024));
            }

            if (what is "all" or "beside")
            {
                isMet &= BesideRun.Run(root, Bytes(2048), (int)given.Number("--rounds", 5));
            }

            if (what is "all" or "locality")
            {
                LocalityRun.Run(root, Bytes(512));
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
