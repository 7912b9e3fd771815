namespace PackStore.TestChild;

/// <summary>What a store that runs full must have: of each key the version last put, or where that was refused the one
/// before.</summary>
internal sealed class FillState
{
    private const int Keys = 40;
    private readonly int[] _versions = new int[Keys];
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
        int[] keys = [.. Enumerable.Range(++_version, count).Select(static i => i * 7 % Keys)];
        try
        {
            await store.PutManyAsync([.. keys.Select(k => SampleArtifact.Put(k, _version, length))]);
            Puts++;
            Array.ForEach(keys, k => _versions[k] = _version);
        }
        catch (StoreFullException e)
        {
            Refused++;
            LastRefusal = e.ToString();
            foreach (int key in keys)
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
        for (int key = 0; key < Keys; key += 9)
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

    /// <summary>Looks at every key.</summary>
    public void Check(ArtifactStore store, string when)
    {
        for (int key = 0; key < Keys; key++)
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
