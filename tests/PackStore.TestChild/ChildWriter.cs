using static PackStore.TestChild.ChildOutput;

namespace PackStore.TestChild;

/// <summary>
/// Puts, overwrites and removes at random, and says what it is about to do and what is done: the parent that kills it
/// then knows what must be
/// there. Versions rise with every operation.
/// </summary>
internal static class ChildWriter
{
    private const int Keys = 60;
    private static readonly int[] s_lengths = [16, 100, 1000, 4096, 9000, 70_000, 150_000];

    public static async Task<int> RunAsync(string directory, int seed, int firstVersion, int operations)
    {
        Say("opening");
        var random = new Random(seed);
        PackStoreOptions options = new()
        {
            SegmentSizeBytes = 1 << 20,
            LooseThresholdBytes = 128 << 10,
            Durability = (seed % 3) switch { 0 => Durability.OnFlush, 1 => Durability.None, _ => Durability.OnCommit },
        };
        await using (ArtifactStore store = ArtifactStore.Open(directory, options))
        {
            Say("open");
            for (int i = 0; i < operations; i++)
            {
                await OperateAsync(store, random, firstVersion + i);
            }

            Say("closing");
        }

        Say("closed");
        return 0;
    }

    private static async Task OperateAsync(ArtifactStore store, Random random, int version)
    {
        int key = random.Next(Keys);
        switch (random.Next(10))
        {
            case 0:
                Say($"start remove {version} {key}");
                await store.RemoveAsync(SampleArtifact.Key(key));
                break;
            case 1:
                int[] keys = [.. Enumerable.Range(0, random.Next(2, 9)).Select(i => (key + (i * 7)) % Keys)];
                Say($"start many {version} {string.Join(' ', keys)}");
                await store.PutManyAsync([.. keys.Select(k => SampleArtifact.Put(k, version, Lengths(random)))]);
                break;
            case 2 when version % 4 == 0:
                Say("start flush 0 0");
                await store.FlushAsync();
                break;
            default:
                Say($"start put {version} {key}");
                ArtifactPut put = SampleArtifact.Put(key, version, Lengths(random));
                await store.PutAsync(put.Key, put.Outcome, put.Payloads);
                break;
        }

        Say("done");
    }

    private static int[] Lengths(Random random) =>
        [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => s_lengths[random.Next(s_lengths.Length)])];
}
