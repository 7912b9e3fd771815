using PackStore.Engine.Writing;
using PackStore.Format;

namespace PackStore.Compaction.Rewriting;

/// <summary>A copy of a record that is ready to be appended.</summary>
/// <param name="Source">The record, and when it was last used.</param>
/// <param name="Entry">What a directory will say of the copy. Its offset gives the place within a block that a long
/// copy is to have; -1 for any.</param>
/// <param name="Bytes">Its bytes; null where it is the record, byte for byte, and is copied inside the kernel.</param>
internal readonly record struct RecordCopy(LiveRecord Source, DirectoryEntry Entry, ReadOnlyMemory<byte>? Bytes)
{
    /// <summary>How its loose files differ; null if they do not.</summary>
    public MovedFiles? Files { get; init; }

    /// <summary>Bytes promised for what it has more than the record.</summary>
    public long Charged { get; init; }
}
