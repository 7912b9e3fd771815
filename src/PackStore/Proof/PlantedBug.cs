#if PACKSTORE_PROOF
namespace PackStore.Proof;

/// <summary>
/// Mistakes that can be made in this engine, each ready to be made at the very line where it would be. A test plants
/// one and asks that the proof meant for it finds it.
/// </summary>
internal enum PlantedBug
{
    /// <summary>None.</summary>
    None,

    /// <summary>The directory of segments is not synced. Found by power cuts.</summary>
    UnsyncedDirectory,

    /// <summary>A loose file gets its name, and its record, before its bytes are synced. Found by power cuts.</summary>
    UnsyncedLooseFile,

    /// <summary>A checkpoint calls bytes durable before they are synced. Found by power cuts.</summary>
    CheckpointBeforeSync,

    /// <summary>A snapshot gets its name before what it leads to is flushed. Found by power cuts.</summary>
    SnapshotBeforeFlush,

    /// <summary>The loose file of a superseded record goes before its successor is durable. Found by power
    /// cuts.</summary>
    LooseDeletedEarly,

    /// <summary>Recovery lets a record replace an older one without looking at its checksums. Found by power
    /// cuts.</summary>
    UncheckedReplacement,

    /// <summary>The walk over the end of a segment leaves out a record that ends where the segment does. Found by
    /// kills.</summary>
    TailScanOffByOne,

    /// <summary>A sync that failed is tried again, and success believed. Found by the fault sweep.</summary>
    FailedSyncRetried,

    /// <summary>A hit is not checked at its first touch. Found by the damage sweep.</summary>
    ChecksumSkipped,

    /// <summary>The index leads to a record before its bytes are written. Found by interleavings.</summary>
    PublishBeforeWrite,

    /// <summary>HEAD is published before bytes and index. Found by interleavings.</summary>
    HeadBeforeBytes,

    /// <summary>Memory is given back though a reader may be in it. Found by interleavings.</summary>
    UnmapBeforeDrain,

    /// <summary>A close does not send lookups the long way, where they would see that it is closed. Found by
    /// interleavings.</summary>
    CloseUnseen,

    /// <summary>Entries move in the index and the shape does not say so. Found by interleavings.</summary>
    SplitUnannounced,

    /// <summary>The index moves entries while a snapshot of it is written. Found by interleavings.</summary>
    SnapshotUnfrozen,

    /// <summary>The write lock is not taken. Found by interleavings.</summary>
    WriteLockNotTaken,

    /// <summary>A follower walks the segment that it knows and not the next one. Found by interleavings.</summary>
    FollowerStaysBehind,

    /// <summary>A follower takes a copy of what was removed meanwhile for a record. Found by interleavings.</summary>
    FollowerTakesDeadCopies,

    /// <summary>A pending artifact is written although a newer put overtook it. Found by interleavings.</summary>
    PendingNotOvertaken,

    /// <summary>A pending artifact whose file is gone is a miss, though it was written meanwhile. Found by
    /// interleavings.</summary>
    PendingMissBelieved,

    /// <summary>HEAD is unmapped at once when a reader closes. Found by interleavings.</summary>
    HeadUnmappedEarly,

    /// <summary>A slot of the index is trusted without a look at the key in the record. Found by the model.</summary>
    KeyNotCompared,

    /// <summary>A removal takes the key out of the index and writes no tombstone. Found by the model.</summary>
    TombstoneNotWritten,

    /// <summary>A compaction leaves out tombstones though an older version stays in a segment that it does not
    /// rewrite. Found by kills and power cuts.</summary>
    TombstoneDropped,

    /// <summary>The loose files of a record go as soon as the index leads to the copy that has their payloads. Found by
    /// power cuts.</summary>
    FoldedDeletedEarly,

    /// <summary>The maps of segments that were compacted away are closed at once. Found by interleavings.</summary>
    RetiredBeforeDrained,
}
#endif
