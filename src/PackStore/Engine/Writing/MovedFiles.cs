namespace PackStore.Engine.Writing;

/// <summary>How the loose files of a copy differ from those of the record that it is a copy of.</summary>
/// <param name="Key">The key of both.</param>
/// <param name="Created">Files that only the copy names: written and synced before the copy is published. Whoever has
/// this claims their names.</param>
/// <param name="Dropped">Files that only the record names: they stay as long as it can be found.</param>
internal sealed record MovedFiles(ArtifactKey Key, IReadOnlyList<MovedFile> Created, IReadOnlyList<MovedFile> Dropped)
{
    /// <summary>How many more files the copy has.</summary>
    public int Files => Created.Count - Dropped.Count;

    /// <summary>How many more bytes those have.</summary>
    public long Bytes => Created.Sum(static f => f.Bytes) - Dropped.Sum(static f => f.Bytes);
}

/// <summary>One of them.</summary>
/// <param name="Name">Its name in the store.</param>
/// <param name="Index">Which payload of its record it holds.</param>
/// <param name="Generation">Which of the names that such a payload may have.</param>
/// <param name="Bytes">Its length.</param>
internal readonly record struct MovedFile(string Name, int Index, uint Generation, long Bytes);
