using static PackStore.TestChild.ChildOutput;

namespace PackStore.TestChild;

/// <summary>
/// Holds spans of a store while somebody does something to its files. A line on standard input names the store; when
/// the spans are held it says <c>holding</c>; at the next line it touches them, looks up everything, puts, removes,
/// flushes and closes, and says what came of it in one line. What must never come of it is this process's end.
/// </summary>
public static class ChildHolder
{
    public const int Keys = 24;

    public static async Task<int> RunAsync()
    {
        while (Console.In.ReadLine() is { Length: > 0 } directory)
        {
            Say(await HoldAsync(directory));
        }

        return 0;
    }

    private static async Task<string> HoldAsync(string directory)
    {
        List<string> said = [];
        ArtifactStore store = ArtifactStore.Open(directory, Options);
        List<PayloadOwner> owners = [.. Enumerable.Range(0, Keys).Select(k => Own(store, k)).OfType<PayloadOwner>()];
        int sum = Touch(owners);
        Say($"holding {owners.Count}");
        Console.In.ReadLine();
        said.Add(Touch(owners) == sum ? "spans same" : "spans CHANGED");
        said.Add($"hits {LookUpAll(store)}");
        for (int i = 0; i < 3; i++)
        {
            int version = 100 + i;
            int[] lengths = i == 1 ? [100_000] : [500, 3000];
            said.Add(await TryAsync("put", () => store.PutManyAsync(
                [SampleArtifact.Put(i, version, lengths), SampleArtifact.Put(Keys + i, version, 9000)])));
        }

        said.Add(await TryAsync("remove", async () => await store.RemoveAsync(SampleArtifact.Key(3))));
        said.Add(await TryAsync("flush", () => store.FlushAsync()));
        said.Add($"hits {LookUpAll(store)}");
        said.Add(await TryAsync("close", store.DisposeAsync));
        Touch(owners);
        owners.ForEach(static o => o.Dispose());
        return string.Join(", ", said);
    }

    /// <summary>How the parent makes the stores too.</summary>
    public static PackStoreOptions Options { get; } = new()
    {
        SegmentSizeBytes = 128 << 10,
        LooseThresholdBytes = 64 << 10,
        FlushInterval = Timeout.InfiniteTimeSpan,
    };

    private static PayloadOwner? Own(ArtifactStore store, int key)
    {
        using PayloadLease lease = store.EnsurePayloads(SampleArtifact.Key(key));
        return lease.IsHit ? lease.ToOwner() : null;
    }

    private static int Touch(List<PayloadOwner> owners)
    {
        int sum = 0;
        foreach (PayloadOwner owner in owners)
        {
            for (int i = 0; i < owner.Count; i++)
            {
                foreach (byte b in owner[i].Span)
                {
                    sum = unchecked((sum * 31) + b);
                }
            }
        }

        return sum;
    }

    /// <summary>How many keys are there; a hit with wrong bytes throws, and ends this process as a failure.</summary>
    private static int LookUpAll(ArtifactStore store) =>
        Enumerable.Range(0, Keys + 3).Count(k => SampleArtifact.VersionOf(store, k) != 0);

    private static async Task<string> TryAsync(string what, Func<ValueTask> action)
    {
        try
        {
            await action();
            return what;
        }
        catch (IOException e)
        {
            // The store's own exceptions are of this kind too. Anything else is a failure.
            return $"{what} {e.GetType().Name}";
        }
    }
}
