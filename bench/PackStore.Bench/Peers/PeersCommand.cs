using System.Diagnostics;
using PackStore.Bench.Data;
using PackStore.Bench.Report;

namespace PackStore.Bench.Peers;

/// <summary>The verb <c>peers</c>: every workload on every engine in one process and one run, then the
/// report.</summary>
internal static class PeersCommand
{
    internal static int Run(ReadOnlySpan<string> arguments)
    {
        PeersOptions? options = PeersOptions.Parse(arguments);
        if (options is null)
        {
            Console.Error.WriteLine(PeersOptions.Usage);
            return 2;
        }

        Directory.CreateDirectory(options.Directory);
        MachineInfo machine = MachineInfo.Read(options.Directory);
        long start = Stopwatch.GetTimestamp();
        using var context = new PeersContext(options);
        foreach (Workload workload in Workloads(options))
        {
            if (options.Workloads?.Contains(workload.Id) != false)
            {
                PeersContext.Log($"{workload.Id} {workload.Title}");
                workload.Run(context);
            }

            if (workload.LastOfItsStores)
            {
                context.DropFixtures();
            }
        }

        string report = MarkdownReport.Write(machine, context, Stopwatch.GetElapsedTime(start));
        Console.WriteLine(report);
        if (options.OutputPath is not null)
        {
            File.WriteAllText(options.OutputPath, report);
        }

        if (options.JsonPath is not null)
        {
            File.WriteAllText(options.JsonPath, JsonReport.Write(machine, context));
        }

        return context.Failures == 0 ? 0 : 1;
    }

    private static IEnumerable<Workload> Workloads(PeersOptions options)
    {
        Corpus kilobyte = Corpus.Fixed(1024);
        Corpus realistic = Corpus.Realistic();
        Corpus big = Corpus.Fixed(2 << 20);
        int many = options.Scaled(1_000_000);
        int real = options.Scaled(10_000);
        int lookups = Math.Min(ParallelWorkload.Lookups, options.Scaled(ParallelWorkload.Lookups));
        int spare = (options.Runs * lookups / 8) + 1024;
        int large = Math.Max(8, (int)(512 * options.Scale));

        yield return new PutWorkload("w1", "put 1 KiB", kilobyte, many);
        yield return new PutWorkload("w2", "put realistic", realistic, real);
        yield return new PutWorkload("w3", "put 2 MiB", big, large) { AgainstRaw = true };
        yield return new ReadWorkload("w4", "hit, uniform", kilobyte, many, "uniform", ReadMode.Touch)
        {
            Isolated = true,
            Spare = spare,
        };
        yield return new ParallelWorkload("w5", "hit, uniform, 2 threads", kilobyte, many, 0) { Spare = spare };
        yield return new ReadWorkload("w6", "hit, Zipf 0.99", kilobyte, many, "zipf", ReadMode.Touch) { Spare = spare };
        yield return new ReadWorkload("w7", "hit, batches of 16", kilobyte, many, "uniform", ReadMode.Batched)
        {
            Spare = spare,
        };
        yield return new ReadWorkload("w8", "miss", kilobyte, many, "absent", ReadMode.Touch)
        {
            Isolated = true,
            Spare = spare,
        };
        yield return new ParallelWorkload("w9", "95 % hit / 5 % put, 2 threads", kilobyte, many, 5)
        {
            Spare = spare,
            LastOfItsStores = true,
        };
        yield return new ReadWorkload(
            "w10", "hit, realistic, whole payloads", realistic, real, "uniform", ReadMode.Whole)
        {
            Isolated = true,
            Lookups = 20_000,
            LastOfItsStores = true,
        };
        yield return new DurableWorkload("w11", "durable put 4 KiB");
        yield return new OpenWorkload("w12", "open to first hit", options.Scaled(3_000), options.Scaled(1_000_000),
            options.Scaled(3_000_000));
    }
}
