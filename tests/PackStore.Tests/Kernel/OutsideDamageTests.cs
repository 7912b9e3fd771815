using System.Globalization;
using PackStore.TestChild;
using PackStore.TestKit;
using PackStore.Tests.Processes;
using Xunit;
using Xunit.Abstractions;

namespace PackStore.Tests.Kernel;

/// <summary>
/// Somebody else with write permission takes a store's files away, replaces or cuts them, while a process holds spans
/// of it, looks up and writes. The process goes on, with one exception that no program that maps files can avoid: a
/// file that is mapped was cut short, and the bytes beyond are touched.
/// </summary>
public class OutsideDamageTests(ITestOutputHelper output)
{
    /// <summary>What is done to which file. <c>MayEnd</c>: the file is mapped and is cut.</summary>
    public static TheoryData<string, string, bool> Cases
    {
        get
        {
            TheoryData<string, string, bool> cases = [];
            foreach (string file in (string[])["STORE", "LOCK", "HEAD", "CHECKPOINT", "CHECKPOINT.old", "index",
                "sealed", "active", "loose"])
            {
                bool isMapped = file is "HEAD" or "index" or "sealed" or "active" or "loose";
                cases.Add(file, "unlinked", false);
                cases.Add(file, "replaced", false);
                cases.Add(file, "emptied", isMapped);
                cases.Add(file, "halved", isMapped);
            }

            return cases;
        }
    }

    [Fact]
    public async Task A_process_that_holds_spans_outlives_what_is_done_to_its_files()
    {
        using TempStore temp = new();
        string original = temp.PathOf("original");
        await MakeAsync(original);
        ChildProcess? child = null;
        List<string> problems = [];
        try
        {
            int number = 0;
            foreach (object[] row in Cases)
            {
                (string file, string deed, bool mayEnd) = ((string)row[0], (string)row[1], (bool)row[2]);
                child ??= ChildProcess.Start([], "hold");
                string store = temp.PathOf($"store-{++number}");
                Copy(original, store);
                string came = Suffer(child, store, Choose(store, file), deed, out bool lives);
                output.WriteLine($"{file} {deed}: {came}");
                if (!lives && (!mayEnd || !IsDeathBySignal(child.ExitCode)))
                {
                    problems.Add($"{file} {deed}: {came}");
                }

                if (!lives)
                {
                    child.Dispose();
                    child = null;
                }

                if (await FindProblemAfterAsync(store) is { } problem)
                {
                    problems.Add($"{file} {deed}, afterwards: {problem}");
                }
            }
        }
        finally
        {
            child?.Dispose();
        }

        Assert.True(problems.Count == 0, string.Join('\n', problems));
    }

    private static async Task MakeAsync(string directory)
    {
        for (int round = 0; round < 2; round++)
        {
            await using ArtifactStore store = ArtifactStore.Open(directory, ChildHolder.Options);
            for (int key = 0; key < ChildHolder.Keys; key++)
            {
                int length = key % 8 == 7 ? 80_000 : 9000;
                await store.PutManyAsync([SampleArtifact.Put(key, round + 1, length, 200)]);
            }
        }
    }

    private static string Choose(string store, string file)
    {
        string[] segments = [.. Directory.GetFiles(Path.Combine(store, "segments")).Order(StringComparer.Ordinal)];
        return file switch
        {
            // The first segments hold only what was overwritten.
            "sealed" => segments[^2],
            "active" => segments[^1],
            "index" => Directory.GetFiles(Path.Combine(store, "index"), "*.idx")[0],
            "loose" => Directory.GetFiles(Path.Combine(store, "loose"), "*", SearchOption.AllDirectories)[0],
            _ => Path.Combine(store, file),
        };
    }

    private static string Suffer(ChildProcess child, string store, string victim, string deed, out bool lives)
    {
        string? said = child.Ask(store);
        if (said?.StartsWith("holding", StringComparison.Ordinal) == true)
        {
            Do(victim, deed);
            said = child.Ask("go");
        }

        lives = said is not null;
        if (said is null)
        {
            string errors = child.Finish();
            said = $"exit code {child.ExitCode}: {errors.ReplaceLineEndings(" ")}";
        }

        return said;
    }

    private static void Do(string victim, string deed)
    {
        switch (deed)
        {
            case "unlinked":
                File.Delete(victim);
                break;
            case "replaced":
                byte[] other = new byte[new FileInfo(victim).Length];
                new Random(1).NextBytes(other);
                File.WriteAllBytes(victim + ".other", other);
                File.Move(victim + ".other", victim, overwrite: true);
                break;
            default:
                // By the tool: the runtime would ask for a lock first, and LOCK has one.
                long length = deed == "emptied" ? 0 : new FileInfo(victim).Length / 2;
                using (System.Diagnostics.Process tool = System.Diagnostics.Process.Start(
                    "truncate", ["-s", length.ToString(CultureInfo.InvariantCulture), victim]))
                {
                    tool.WaitForExit();
                    Assert.Equal(0, tool.ExitCode);
                }

                break;
        }
    }

    // 134: SIGABRT, by the runtime that met SIGBUS or SIGSEGV; 135 and 139: those themselves.
    private static bool IsDeathBySignal(int exitCode) => exitCode is 134 or 135 or 139;

    /// <summary>Whatever was done: the store says what it lost, serves nothing wrong, and can be repaired.</summary>
    private static async Task<string?> FindProblemAfterAsync(string directory)
    {
        try
        {
            await ArtifactStore.RepairDirectoryAsync(directory);
            using ArtifactStore store = ArtifactStore.Open(directory, ChildHolder.Options);
            int hits = Enumerable.Range(0, ChildHolder.Keys + 3).Count(k => SampleArtifact.VersionOf(store, k) != 0);
            VerifyReport report = await store.VerifyAsync();
            return report.IsClean ? hits == 0 ? "nothing is left" : null : $"{report.Damage[0]}";
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            return e.ToString();
        }
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string folder in Directory.GetDirectories(from, "*", SearchOption.AllDirectories))
        {
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        }

        foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
        }
    }
}
