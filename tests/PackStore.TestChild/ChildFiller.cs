using static PackStore.TestChild.ChildOutput;

namespace PackStore.TestChild;

/// <summary>
/// Puts until the disk, or the limit on files, is reached, and goes on: every refusal is a
/// <see cref="StoreFullException"/>, every hit before and after is exact, the store closes, opens again and verifies
/// clean on the full disk. Where a ballast file is named it is then deleted, and putting works again.
/// </summary>
internal static class ChildFiller
{
    private const int Refusals = 24;
    private const int MaxPuts = 4000;
    private const int AfterwardsPuts = 12;

    private static readonly int[] s_lengths = [200, 3000, 40_000, 300_000, 700_000];

    public static async Task<int> RunAsync(string directory, Durability durability, string? ballast)
    {
        PackStoreOptions options = new()
        {
            SegmentSizeBytes = 2 << 20,
            LooseThresholdBytes = 512 << 10,
            Durability = durability,
        };
        FillState state = new();
        if (IsRefused(directory, options))
        {
            // Not even a new store fits: what was begun must not stand in the way of the next try.
            File.Delete(ballast!);
            using ArtifactStore store = ArtifactStore.Open(directory, options);
            await MustPutAsync(store, state, 3000);
            Say("opened with room again");
            return 0;
        }

        using (ArtifactStore store = ArtifactStore.Open(directory, options))
        {
            await FillAsync(store, state);
            state.Check(store, "full");
            await state.TryRemoveAsync(store);
            await TryFlushAsync(store);
            state.Check(store, "after the flush");
        }

        await VerifyAsync(directory, "full");
        using (ArtifactStore attached = ArtifactStore.OpenReadOnly(directory))
        {
            state.Check(attached, "attached");
        }

        int before = state.Puts;
        using (ArtifactStore store = ArtifactStore.Open(directory, options))
        {
            state.Check(store, "opened on the full disk");
            await state.PutAsync(store, 1, 900_000);
            if (ballast is not null)
            {
                DeleteNow(ballast);
                for (int i = 0; i < AfterwardsPuts; i++)
                {
                    await MustPutAsync(store, state, s_lengths[i % s_lengths.Length]);
                }

                await store.FlushAsync();
            }
        }

        await VerifyAsync(directory, "at the end");
        using (ArtifactStore store = ArtifactStore.Open(directory, options))
        {
            state.Check(store, "at the end");
        }

        Say($"{before} puts, {state.Refused} refused, {state.Puts - before} afterwards");
        return 0;
    }

    private static bool IsRefused(string directory, PackStoreOptions options)
    {
        try
        {
            ArtifactStore.Open(directory, options).Dispose();
            return false;
        }
        catch (StoreFullException)
        {
            return true;
        }
    }

    private static async Task FillAsync(ArtifactStore store, FillState state)
    {
        for (int i = 0; state.Refused < Refusals; i++)
        {
            if (i == MaxPuts)
            {
                throw new InvalidDataException("the disk does not get full");
            }

            await state.PutAsync(store, i % 5 == 4 ? 3 : 1, s_lengths[i % s_lengths.Length]);
        }
    }

    /// <summary>Puts one artifact; it is an error if it is refused.</summary>
    public static async Task MustPutAsync(ArtifactStore store, FillState state, int length)
    {
        int refused = state.Refused;
        await state.PutAsync(store, 1, length);
        if (state.Refused != refused)
        {
            throw new InvalidDataException($"with room again, {length} bytes were refused: {state.LastRefusal}");
        }
    }

    /// <summary>btrfs gives the blocks of a deleted file back with its next transaction.</summary>
    private static void DeleteNow(string ballast)
    {
        File.Delete(ballast);
        using System.Diagnostics.Process sync = System.Diagnostics.Process.Start("sync");
        sync.WaitForExit();
    }

    private static async Task TryFlushAsync(ArtifactStore store)
    {
        try
        {
            await store.FlushAsync();
        }
        catch (StoreFullException e)
        {
            Say($"flush: {e.Message}");
        }
    }

    /// <summary>Verifies a store that nobody has open; it is an error if anything is wrong with it.</summary>
    public static async Task VerifyAsync(string directory, string when)
    {
        VerifyReport report = await ArtifactStore.VerifyDirectoryAsync(
            directory, new VerifyOptions { Level = VerifyLevel.Full }, null, CancellationToken.None);
        if (!report.IsClean)
        {
            throw new InvalidDataException($"{when}: {string.Join('\n', report.Damage)}");
        }
    }
}
