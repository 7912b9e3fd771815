using System.Runtime.Intrinsics.X86;

namespace PackStore.Migration.Legacy.Hashing;

/// <summary>Hashes many inputs of one length, as many side by side as the processor has lanes for.</summary>
internal static class Blake3Lanes
{
    /// <summary>Writes a chaining value of 8 words for each input. The values may overwrite inputs that lie no further
    /// back than they do: each is written after its input was read.</summary>
    public static void Hash(ReadOnlySpan<byte> inputs, int count, Blake3Run run, Span<uint> values)
    {
        while (count > 0)
        {
            int taken;
            if (Avx512F.IsSupported && count > Blake3Lanes8.Lanes)
            {
                taken = Math.Min(count, Blake3Lanes16.Lanes);
                Blake3Lanes16.Hash(inputs, taken, run, values);
            }
            else if (Avx2.IsSupported && count > 1)
            {
                taken = Math.Min(count, Blake3Lanes8.Lanes);
                Blake3Lanes8.Hash(inputs, taken, run, values);
            }
            else
            {
                taken = 1;
                HashOne(inputs, run, values);
            }

            count -= taken;
            inputs = inputs[(taken * run.InputBytes)..];
            values = values[(taken * Blake3Compression.Words)..];
            run = run.Skip(taken);
        }
    }

    /// <summary>One input, without vectors.</summary>
    public static void HashOne(ReadOnlySpan<byte> input, Blake3Run run, Span<uint> value)
    {
        Span<uint> chaining = stackalloc uint[Blake3Compression.Words];
        Blake3Compression.Initial.CopyTo(chaining);
        for (int block = 0; block < run.Blocks; block++)
        {
            Blake3Compression.Compress(
                chaining, input[(block * Blake3Compression.BlockBytes)..], run.Counter, Blake3Compression.BlockBytes,
                run.FlagsOf(block));
        }

        chaining.CopyTo(value);
    }
}
