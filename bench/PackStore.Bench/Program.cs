using System.Globalization;
using BenchmarkDotNet.Running;
using PackStore.Bench.Migrate;
using PackStore.Bench.Pauses;
using PackStore.Bench.Peers;
using PackStore.Bench.Report;
using PackStore.Bench.Space;

return args switch
{
    ["bdn", .. string[] rest] => Suites(rest),
    ["peers", .. string[] rest] => PeersCommand.Run(rest),
    ["evict", .. string[] rest] => EvictCommand.Run(rest),
    ["compaction", .. string[] rest] => CompactionCommand.Run(rest),
    ["plot", .. string[] rest] => PlotCommand.Run(rest),
    ["gc-pauses", .. string[] rest] => PausesCommand.Run(rest),
    ["migrate", .. string[] rest] => await MigrateCommand.RunAsync(rest),
    [OpenChild.OpenVerb or OpenChild.DirtyVerb or OpenChild.SettleVerb, string engine, string directory,
        string count] =>
        OpenChild.Run(args[0], engine, directory, int.Parse(count, CultureInfo.InvariantCulture)),
    _ => Usage(),
};

static int Suites(string[] arguments)
{
    BenchmarkSwitcher.FromAssembly(typeof(OpenChild).Assembly).Run(arguments);
    return 0;
}

static int Usage()
{
    Console.Error.WriteLine("bdn [BenchmarkDotNet arguments]");
    Console.Error.WriteLine(PeersOptions.Usage);
    Console.Error.WriteLine(EvictCommand.Usage);
    Console.Error.WriteLine(CompactionCommand.Usage);
    Console.Error.WriteLine("plot results.json bench.svg");
    Console.Error.WriteLine(PausesCommand.Usage);
    Console.Error.WriteLine(MigrateCommand.Usage);
    return 2;
}
