using System.Diagnostics;
using PackStore.Fuzz;

const string Usage = """
    usage: PackStore.Fuzz [--target NAME|all] [--iterations N] [--seed S] [--corpus DIR]
           PackStore.Fuzz list
           PackStore.Fuzz replay TARGET FILE
           PackStore.Fuzz seed-corpus
    """;

switch (args)
{
    case ["list"]:
        foreach (IFuzzTarget target in FuzzTargets.All)
        {
            Console.WriteLine(target.Name);
        }

        return 0;
    case ["seed-corpus"]:
        string corpus = FuzzFiles.Find().Corpus;
        Console.WriteLine($"{FuzzTargets.All.Sum(t => FuzzFiles.WriteSeeds(corpus, t))} files");
        return 0;
    case ["replay", string name, string file] when FuzzTargets.Find(name) is { } target:
        return Replay(target, file);
    default:
        FuzzOptions? options = FuzzOptions.TryParse(args, (ulong)Random.Shared.NextInt64(), out string problem);
        if (options is null)
        {
            Console.Error.WriteLine(problem);
            Console.Error.WriteLine(Usage);
            return 2;
        }

        return RunAll(options);
}

static int Replay(IFuzzTarget target, string file)
{
    Exception? cause = FuzzRunner.TryOne(target, File.ReadAllBytes(file), out bool accepted);
    Console.WriteLine(cause?.ToString() ?? (accepted ? "accepted" : "refused"));
    return cause is null ? 0 : 1;
}

static int RunAll(FuzzOptions options)
{
    FuzzFiles files = FuzzFiles.Find();
    string corpus = options.Corpus ?? files.Corpus;
    Console.WriteLine($"seed {options.Seed}, {options.Iterations} cases for each target, fewer for slow ones");
    int failed = 0;
    foreach (IFuzzTarget target in FuzzTargets.All.Where(t => options.Target == "all" || options.Target == t.Name))
    {
        byte[][] inputs = [.. FuzzFiles.ReadCorpus(corpus, target.Name), .. files.ReadRegressions(target.Name)];
        long started = Stopwatch.GetTimestamp();
        long cases = Math.Max(1, options.Iterations / target.Cost);
        FuzzSummary run = FuzzRunner.Run(target, inputs, options.Seed, cases);
        double seconds = Math.Max(Stopwatch.GetElapsedTime(started).TotalSeconds, 1e-6);
        Console.WriteLine(
            $"{target.Name,-16} {run.Cases,12} cases {run.Accepted,12} accepted {run.Refused,12} refused "
            + $"{run.Cases / seconds,12:F0} cases/s");
        if (run.Failure is { } failure)
        {
            failed++;
            string kept = files.WriteRegression(target.Name, failure.Input.Span);
            Console.WriteLine(
                $"FAILED {target.Name}: seed {options.Seed}, iteration {failure.Iteration}, kept as {kept}");
            Console.WriteLine(failure.Cause);
        }
    }

    Console.WriteLine(failed == 0 ? "fuzz: no failure" : $"fuzz: {failed} targets failed");
    return failed == 0 ? 0 : 1;
}
