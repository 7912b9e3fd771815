using PackStore;
using PackStore.TestChild;

return args[0] switch
{
    "write" => await ChildWriter.RunAsync(args[1], int.Parse(args[2]), int.Parse(args[3]), int.Parse(args[4])),
    "read" => ChildReader.Run(args[1]),
    "migrate" => await ChildMigration.RunAsync(args[1], args[2]),
    "watch" => ChildWatcher.Run(args[1], int.Parse(args[2]), int.Parse(args[3])),
    "hold" => await ChildHolder.RunAsync(),
    "fill" => await ChildFiller.RunAsync(args[1], Enum.Parse<Durability>(args[2]), args.ElementAtOrDefault(3)),
    "reclaim" => await ChildReclaimer.RunAsync(args[1], Enum.Parse<Durability>(args[2])),
    _ => 2,
};
