namespace PackStore.Tools.Import;

/// <summary>Small artifacts that go into the store in one gathered write.</summary>
internal sealed class ImportBatch
{
    private const int MaxArtifacts = 64;
    private const long MaxBytes = 1 << 20;

    /// <summary>What is to be put.</summary>
    public List<ArtifactPut> Puts { get; } = new(MaxArtifacts);

    /// <summary>The files they came from, in the same order.</summary>
    public List<SourceEntry> Entries { get; } = new(MaxArtifacts);

    /// <summary>Lengths of their bytes, in the same order.</summary>
    public List<long> Lengths { get; } = new(MaxArtifacts);

    /// <summary>Bytes of all of them.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether it is time to write.</summary>
    public bool IsFull => Puts.Count >= MaxArtifacts || Bytes >= MaxBytes;

    /// <summary>Adds one artifact.</summary>
    public void Add(in ArtifactKey key, SourceEntry entry, ArtifactPayload payload, long length)
    {
        Puts.Add(new ArtifactPut { Key = key, Payloads = [payload] });
        Entries.Add(entry);
        Lengths.Add(length);
        Bytes += length;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Puts.Clear();
        Entries.Clear();
        Lengths.Clear();
        Bytes = 0;
    }
}
