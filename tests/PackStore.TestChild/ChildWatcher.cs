using static PackStore.TestChild.ChildOutput;

namespace PackStore.TestChild;

/// <summary>
/// Attaches read-only and looks at all keys again and again, until it is told to stop: each hit is exact, and no key
/// goes back to a version older than one seen before, but for a removal. Each line on standard input is answered by
/// how many looks and hits there were since the last.
/// </summary>
internal static class ChildWatcher
{
    public static int Run(string directory, int keys, int seed)
    {
        using ArtifactStore store = ArtifactStore.OpenReadOnly(directory);
        Random random = new(seed);
        int[] newest = new int[keys];
        long looks = 0;
        long hits = 0;
        Say("attached");
        Task<string?> told = Console.In.ReadLineAsync();
        while (true)
        {
            // Counted before the keys are looked at: an answer speaks of looks made after the question.
            bool isAsked = told.IsCompleted;
            for (int i = 0; i < keys; i++, looks++)
            {
                int key = random.Next(keys);
                int version = SampleArtifact.VersionOf(store, key);
                if (version == 0)
                {
                    continue;
                }

                hits++;
                if (version < newest[key])
                {
                    Say($"key {key} went back from version {newest[key]} to {version}");
                    return 3;
                }

                newest[key] = version;
            }

            if (!isAsked)
            {
                continue;
            }

            if (told.Result is not { Length: > 0 })
            {
                return 0;
            }

            Say($"{looks} {hits}");
            told = Console.In.ReadLineAsync();
        }
    }
}
