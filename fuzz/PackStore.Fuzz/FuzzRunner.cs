namespace PackStore.Fuzz;

/// <summary>Runs a target: no exception, its own properties, and memory in proportion to the input.</summary>
public static class FuzzRunner
{
    // What a parser keeps of a byte is small: a name of one letter is the worst, an object of 32 bytes for 5. The
    // properties encode again. Messages, and what the runtime allocates once, are in the target's
    // constant.
    private const long BytesPerByte = 64;

    /// <summary>Tries the seeds, then cases made of them, until one fails.</summary>
    public static FuzzSummary Run(IFuzzTarget target, IEnumerable<byte[]> corpus, ulong seed, long iterations)
    {
        ArgumentNullException.ThrowIfNull(target);
        byte[][] seeds = [.. target.Seeds(), .. corpus];
        foreach (byte[] input in seeds)
        {
            if (TryOne(target, input, out _) is { } cause)
            {
                return new FuzzSummary(0, 0, new FuzzFailure(-1, input, cause));
            }
        }

        long accepted = 0;
        for (long i = 0; i < iterations; i++)
        {
            FuzzRandom random = new(seed, (ulong)i);
            byte[] input = Mutator.Make(target, seeds, ref random);
            if (TryOne(target, input, out bool wasAccepted) is { } cause)
            {
                return new FuzzSummary(i + 1, accepted, new FuzzFailure(i, input, cause));
            }

            accepted += wasAccepted ? 1 : 0;
        }

        return new FuzzSummary(iterations, accepted, null);
    }

    /// <summary>Tries one input; what failed, or null.</summary>
    public static Exception? TryOne(IFuzzTarget target, ReadOnlySpan<byte> input, out bool accepted)
    {
        ArgumentNullException.ThrowIfNull(target);
        accepted = false;
        try
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            accepted = target.Run(input);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            long bound = target.FreeBytes + (BytesPerByte * input.Length);
            FuzzFailureException.Require(
                allocated <= bound, $"{allocated} bytes allocated for {input.Length} of input, at most {bound}");
            return null;
        }
        catch (Exception e)
        {
            // Whatever a parser throws is what is looked for.
            return e;
        }
    }
}
