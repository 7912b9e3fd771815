using static PackStore.TestChild.ChildOutput;

namespace PackStore.TestChild;

/// <summary>
/// Fills the whole disk, and gets it free again without help from outside: compacts while nothing more can be put,
/// fills again, removes half, compacts, and puts again. Every hit in between is exact, and the store verifies clean
/// each time it was closed.
/// </summary>
internal static class ChildReclaimer
{
    // Together more than the disk has: what lives fills it.
    private const int Keys = 1000;
    private const int Refusals = 12;
    private const int MaxPuts = 8000;
    private const int AfterwardsPuts = 10;

    private static readonly int[] s_lengths = [900, 5000, 60_000, 250_000];

    public static async Task<int> RunAsync(string directory, Durability durability)
    {
        PackStoreOptions options = new() { LooseThresholdBytes = 200 << 10, Durability = durability };
        FillState state = new(Keys);
        long freedFull;
        using (ArtifactStore store = ArtifactStore.Open(directory, options))
        {
            await FillAsync(store, state);
            freedFull = (await store.CompactAsync()).FreedBytes;
            state.Check(store, "compacted on the full disk");
        }

        await ChildFiller.VerifyAsync(directory, "compacted on the full disk");
        int filled = state.Puts;
        int removed;
        long freedHalf;
        using (ArtifactStore store = ArtifactStore.Open(directory, options))
        {
            await FillAsync(store, state);
            removed = await state.RemoveHalfAsync(store);
            freedHalf = (await store.CompactAsync()).FreedBytes;
            state.Check(store, "compacted after half was removed");
            if (freedHalf <= 0)
            {
                throw new InvalidDataException($"{removed} artifacts were removed and {freedHalf} bytes came free");
            }

            // Together less than what came free.
            for (int i = 0; i < AfterwardsPuts; i++)
            {
                await ChildFiller.MustPutAsync(store, state, (int)Math.Min(freedHalf / 16, s_lengths[i % 4]));
            }

            await store.FlushAsync();
            state.Check(store, "put again");
        }

        await ChildFiller.VerifyAsync(directory, "at the end");
        using (ArtifactStore attached = ArtifactStore.OpenReadOnly(directory))
        {
            state.Check(attached, "at the end");
        }

        Say(
            $"{filled} puts, {freedFull} freed while full, {removed} removed, {freedHalf} freed, "
            + $"{state.Refused} refused");
        return 0;
    }

    private static async Task FillAsync(ArtifactStore store, FillState state)
    {
        int refusals = state.Refused + Refusals;
        for (int i = 0; state.Refused < refusals; i++)
        {
            if (i == MaxPuts)
            {
                throw new InvalidDataException("the disk does not get full");
            }

            int before = state.Refused;
            await state.PutAsync(store, 1, s_lengths[i % s_lengths.Length]);
            if (state.Refused > before)
            {
                state.Check(store, "after a refusal");
            }
        }
    }
}
