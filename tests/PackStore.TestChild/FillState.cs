namespace PackStore.TestChild;

/// <summary>What a store that runs full must have: of each key the version last put, or where that was refused the one
/// before.</summary>
/// <param name="keys">How many keys there are; not a multiple of 7.</param>
internal sealed class FillState(int keys = 40)
{
    private readonly int[] _versions = new int[keys];
    private int _version;

    /// <summary>Puts that were done.</summary>
    public int Puts { get; private set; }

    /// <summary>Puts and removals that were refused.</summary>
    public int Refused { get; private set; }

    /// <summary>Why the last one was.</summary>
    public string LastRefusal { get; private set; } = "";

    /// <summary>Puts so many artifacts at once; all are there, or if it is refused each is, or is as it
    /// was.</summary>
    public async Task PutAsync(ArtifactStore store, int count, int length)
    {
        int[] put = [.. Enumerable.Range(++_version, count).Select(i => i * 7 % keys)];
        try
        {
            await store.PutManyAsync([.. put.Select(k => SampleArtifact.Put(k, _version, length))]);
            Puts++;
            Array.ForEach(put, k => _versions[k] = _version);
        }
        catch (StoreFullException e)
        {
            Refused++;
            LastRefusal = e.ToString();
            foreach (int key in put)
            {
                int found = SampleArtifact.VersionOf(store, key);
                Require(found == _version || found == _versions[key], key, found, "after a refusal");
                _versions[key] = found;
            }
        }
    }

    /// <summary>Removes some keys, or is refused.</summary>
    public async Task TryRemoveAsync(ArtifactStore store)
    {
        for (int key = 0; key < keys; key += 9)
        {
            try
            {
                bool removed = await store.RemoveAsync(SampleArtifact.Key(key));
                Require(removed == (_versions[key] != 0), key, removed ? 1 : 0, "removed");
                _versions[key] = 0;
            }
            catch (StoreFullException)
            {
                Refused++;
            }
        }
    }

    /// <summary>Removes every second key that is there; none of them may be refused. Returns how many.</summary>
    public async Task<int> RemoveHalfAsync(ArtifactStore store)
    {
        int[] present = [.. Enumerable.Range(0, keys).Where(k => _versions[k] != 0)];
        for (int i = 0; i < present.Length; i += 2)
        {
            bool removed = await store.RemoveAsync(SampleArtifact.Key(present[i]));
            Require(removed, present[i], 0, "removed on the full disk");
            _versions[present[i]] = 0;
        }

        return (present.Length + 1) / 2;
    }

    /// <summary>Looks at every key.</summary>
    public void Check(ArtifactStore store, string when)
    {
        for (int key = 0; key < keys; key++)
        {
            int found = SampleArtifact.VersionOf(store, key);
            Require(found == _versions[key], key, found, when);
        }
    }

    private void Require(bool holds, int key, int found, string when)
    {
        if (!holds)
        {
            throw new InvalidDataException($"{when}: key {key} is {found}, right is {_versions[key]}");
        }
    }
}
