using System.Globalization;
using System.IO.Hashing;

namespace PackStore.Fuzz;

/// <summary>Inputs on disk: corpus/TARGET/*.bin and regressions/TARGET-HASH.bin.</summary>
public sealed class FuzzFiles(string folder)
{
    private const int CorpusMutants = 6;
    private const ulong CorpusCases = 2000;
    private const ulong CorpusSeed = 20_261_126;
    private const int CorpusMaxBytes = 8 << 10;

    /// <summary>The folder of the corpus.</summary>
    public string Corpus => Path.Combine(folder, "corpus");

    /// <summary>The folder of what has failed once.</summary>
    public string Regressions => Path.Combine(folder, "regressions");

    /// <summary>The folder <c>fuzz</c>, looked for from the current directory and from the program's upwards.</summary>
    public static FuzzFiles Find()
    {
        foreach (string start in new[] { Environment.CurrentDirectory, AppContext.BaseDirectory })
        {
            for (DirectoryInfo? at = new(start); at is not null; at = at.Parent)
            {
                string found = Path.Combine(at.FullName, "fuzz");
                if (Directory.Exists(Path.Combine(found, "PackStore.Fuzz")))
                {
                    return new FuzzFiles(found);
                }
            }
        }

        throw new DirectoryNotFoundException("No fuzz/PackStore.Fuzz at or above the current directory.");
    }

    /// <summary>The inputs of a target in one folder of a corpus, in the order of their names.</summary>
    public static IEnumerable<byte[]> ReadCorpus(string corpus, string target) =>
        ReadAll(Path.Combine(corpus, target), "*.bin");

    /// <summary>What has failed once on a target.</summary>
    public IEnumerable<byte[]> ReadRegressions(string target) => ReadAll(Regressions, target + "-*.bin");

    /// <summary>Keeps an input that failed; its path.</summary>
    public string WriteRegression(string target, ReadOnlySpan<byte> input)
    {
        Directory.CreateDirectory(Regressions);
        string hash = XxHash3.HashToUInt64(input).ToString("x16", CultureInfo.InvariantCulture);
        string path = Path.Combine(Regressions, $"{target}-{hash}.bin");
        File.WriteAllBytes(path, input);
        return path;
    }

    /// <summary>Writes the corpus of a target: its seeds, and some of the cases made of them that get past its checks:
    /// what is refused would only dilute them. The same files every time; their number.</summary>
    public static int WriteSeeds(string corpus, IFuzzTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);
        string room = Path.Combine(corpus, target.Name);
        Directory.CreateDirectory(room);
        IReadOnlyList<byte[]> seeds = target.Seeds();
        int written = 0;
        Write("seed", seeds);
        Write("accepted", Mutate(target, seeds));
        return written;

        void Write(string kind, IReadOnlyList<byte[]> inputs)
        {
            for (int i = 0; i < inputs.Count; i++, written++)
            {
                string name = string.Create(CultureInfo.InvariantCulture, $"{kind}-{i}.bin");
                File.WriteAllBytes(Path.Combine(room, name), inputs[i]);
            }
        }
    }

    private static List<byte[]> Mutate(IFuzzTarget target, IReadOnlyList<byte[]> seeds)
    {
        List<byte[]> accepted = [];
        for (ulong i = 0; i < CorpusCases && accepted.Count < CorpusMutants; i++)
        {
            FuzzRandom random = new(CorpusSeed, i);
            byte[] input = Mutator.Make(target, seeds, ref random);
            if (input.Length <= CorpusMaxBytes
                && FuzzRunner.TryOne(target, input, out bool isAccepted) is null && isAccepted)
            {
                accepted.Add(input);
            }
        }

        return accepted;
    }

    private static IEnumerable<byte[]> ReadAll(string room, string pattern) =>
        Directory.Exists(room)
            ? Directory.EnumerateFiles(room, pattern).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)
            : [];
}
