using PackStore.Fuzz;
using SharpFuzz;

// AFL's side of the targets: the same properties, with inputs chosen by what they reach. A failed property is a crash.
if (args is not [string name] || FuzzTargets.Find(name) is not { } target)
{
    Console.Error.WriteLine("usage: PackStore.Fuzz.Afl TARGET");
    return 2;
}

Fuzzer.OutOfProcess.Run(stream =>
{
    using MemoryStream input = new();
    stream.CopyTo(input);
    byte[] bytes = input.ToArray();

    // AFL knows nothing of checksums: every other input, by its length, gets right ones.
    if (bytes.Length % 2 == 0)
    {
        target.Repair(bytes);
    }

    if (FuzzRunner.TryOne(target, bytes, out _) is { } cause)
    {
        throw new FuzzFailureException(cause.Message, cause);
    }
});
return 0;
