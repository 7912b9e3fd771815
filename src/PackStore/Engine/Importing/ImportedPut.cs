using PackStore.Engine.Writing;
using PackStore.Segments;

namespace PackStore.Engine.Importing;

/// <summary>An imported artifact made ready, and what became of it.</summary>
/// <param name="key">Its key.</param>
/// <param name="orderUnixMs">See <see cref="ImportedArtifact.OrderUnixMs"/>.</param>
/// <param name="record">Its record.</param>
/// <param name="put">Owns the record and its loose files; <see langword="null"/> in a plan.</param>
internal sealed class ImportedPut(in ArtifactKey key, long orderUnixMs, PreparedRecord record, EncodedPut? put)
    : IDisposable
{
    /// <summary>The key.</summary>
    public ArtifactKey Key { get; } = key;

    /// <summary>See <see cref="ImportedArtifact.OrderUnixMs"/>.</summary>
    public long OrderUnixMs => orderUnixMs;

    /// <summary>The record.</summary>
    public PreparedRecord Record => record;

    /// <summary>What became of it; set by the append.</summary>
    public ImportVerdict Verdict { get; set; }

    /// <summary>Whether an artifact of its key with other content was there.</summary>
    public bool Differs { get; set; }

    /// <summary>Whether it has made a loose file of this name.</summary>
    public bool Brings(string looseFile) => put?.HasLooseFile(looseFile) == true;

    /// <summary>The record stands: its loose files stay.</summary>
    public void Commit() => put?.Commit();

    /// <inheritdoc/>
    public void Dispose()
    {
        if (put is null)
        {
            record.Dispose();
        }
        else
        {
            put.Dispose();
        }
    }
}

/// <summary>What became of an imported artifact.</summary>
internal enum ImportVerdict
{
    /// <summary>It is in the store, or would be.</summary>
    Imported,

    /// <summary>It is in the store, in place of an older version that this import had brought in before.</summary>
    Replaced,

    /// <summary>Its content was there already.</summary>
    Same,

    /// <summary>What is there is as new or newer, and other.</summary>
    Older,
}
