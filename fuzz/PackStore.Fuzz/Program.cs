using System.Diagnostics;
using System.Globalization;
using PackStore.Fuzz;

// dotnet run -c Release --project fuzz/PackStore.Fuzz -- [--target NAME] [--iterations N] [--seed S]
// dotnet run -c Release --project fuzz/PackStore.Fuzz -- replay NAME FILE
if (args is ["replay", var replayed, var file])
{
    FuzzTarget target = FuzzTargets.All.Single(t => t.Name == replayed);
    Console.WriteLine($"{target.Name}: {(target.Accepts(File.ReadAllBytes(file)) ? "accepted" : "refused")}");
    return 0;
}

string only = Option("--target", "all");
long iterations = long.Parse(Option("--iterations", "200000"), CultureInfo.InvariantCulture);
int seed = int.Parse(Option("--seed", "1"), CultureInfo.InvariantCulture);
int failures = 0;
foreach (FuzzTarget target in FuzzTargets.All.Where(t => only == "all" || t.Name == only))
{
    failures += Run(target);
}

Console.WriteLine(failures == 0 ? "no findings" : $"{failures} findings");
return failures == 0 ? 0 : 1;

string Option(string name, string fallback)
{
    int at = Array.IndexOf(args, name);
    return at >= 0 && at + 1 < args.Length ? args[at + 1] : fallback;
}

int Run(FuzzTarget target)
{
    // A length from disk must not be believed before memory is taken for it.
    const long MaxAllocated = 1 << 20;
    Mutator mutator = new(seed);
    long accepted = 0;
    Stopwatch watch = Stopwatch.StartNew();
    if (!target.Seeds.All(target.Accepts))
    {
        Console.WriteLine($"{target.Name}: a sound seed is refused");
        return 1;
    }

    for (long i = 0; i < iterations; i++)
    {
        byte[] input = mutator.Next(target.Seeds);
        if (mutator.RepairsChecksum())
        {
            target.Repair(input);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        string? finding = null;
        try
        {
            accepted += target.Accepts(input) ? 1 : 0;
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            finding = allocated > MaxAllocated ? $"{allocated} bytes allocated for {input.Length}" : null;
        }
        catch (Exception e)
        {
            // Any exception is what this program looks for.
            finding = e.ToString();
        }

        if (finding is not null)
        {
            string saved = $"finding-{target.Name}-{seed}-{i}.bin";
            File.WriteAllBytes(saved, input);
            Console.WriteLine($"{target.Name}: seed {seed}, case {i}, saved as {saved}: {finding}");
            return 1;
        }
    }

    double rate = iterations / watch.Elapsed.TotalSeconds;
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{target.Name,-16} {iterations,10} cases, {accepted,9} accepted, {rate:F0}/s"));
    return 0;
}
