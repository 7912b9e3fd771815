using System.Globalization;

namespace PackStore.TestKit;

/// <summary>What kind of change a <see cref="PendingUnit"/> is.</summary>
internal enum PendingKind
{
    /// <summary>Bytes written to a file; may be torn.</summary>
    Data,

    /// <summary>A new length of a file, apart from the bytes that brought it.</summary>
    Length,

    /// <summary>Words stored through a shared page; may be torn between words.</summary>
    PageWords,

    /// <summary>A name created.</summary>
    Create,

    /// <summary>A name removed.</summary>
    Delete,

    /// <summary>A name moved, at once for the old and the new one.</summary>
    Rename,
}

/// <summary>
/// One change that a power cut may lose by itself, because nothing was synced since that covers it.
/// </summary>
internal sealed record PendingUnit
{
    /// <summary>Its kind.</summary>
    public required PendingKind Kind { get; init; }

    /// <summary>The name at the time, for messages and predicates.</summary>
    public required string Name { get; init; }

    /// <summary>Rises with time.</summary>
    public long Sequence { get; init; }

    /// <summary>Data: where. Length: the length before.</summary>
    public long Offset { get; init; }

    /// <summary>Length: the new length.</summary>
    public long Length { get; init; }

    /// <summary>Data: what.</summary>
    public byte[] Bytes { get; init; } = [];

    /// <summary>What the name stands for, or the file that changed.</summary>
    public required MemoryNode Node { get; init; }

    /// <summary>The directory of the (new) name.</summary>
    public MemoryFolder? Folder { get; init; }

    /// <summary>The (new) name's last component.</summary>
    public string Leaf { get; init; } = string.Empty;

    /// <summary>Rename: the directory of the old name.</summary>
    public MemoryFolder? FromFolder { get; init; }

    /// <summary>Rename: the old name's last component.</summary>
    public string FromLeaf { get; init; } = string.Empty;

    /// <summary>Whether part of it may survive.</summary>
    public bool CanTear => Kind is PendingKind.Data or PendingKind.PageWords;

    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        PendingKind.Data => string.Create(CultureInfo.InvariantCulture, $"data {Name} {Offset} {Bytes.Length}"),
        PendingKind.Length => string.Create(CultureInfo.InvariantCulture, $"length {Name} {Offset} -> {Length}"),
        PendingKind.PageWords => $"page {Name}",
        PendingKind.Create => $"create {Name}",
        PendingKind.Delete => $"delete {Name}",
        _ => $"rename {FromLeaf} {Name}",
    };

    /// <summary>Changes tables of names as this unit does, whether or not earlier units took effect.</summary>
    /// <param name="entriesOf">The table of a directory.</param>
    public void ApplyTo(Func<MemoryFolder, SortedDictionary<string, MemoryNode>> entriesOf)
    {
        SortedDictionary<string, MemoryNode> entries = entriesOf(Folder!);
        if (Kind == PendingKind.Delete)
        {
            entries.Remove(Leaf);
            return;
        }

        if (Kind == PendingKind.Rename)
        {
            entriesOf(FromFolder!).Remove(FromLeaf);
        }

        entries[Leaf] = Node;
    }
}
