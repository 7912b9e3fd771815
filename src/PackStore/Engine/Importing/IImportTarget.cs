using PackStore.Loose;
using PackStore.Storage;

namespace PackStore.Engine.Importing;

/// <summary>Where imported artifacts go: a store, or the plan of what a store would take. All members may run in
/// parallel.</summary>
internal interface IImportTarget
{
    /// <summary>Payloads from this length on go to the loose tier and are never held in memory.</summary>
    long LooseFrom { get; }

    /// <summary>The longest record.</summary>
    long MaxRecordLength { get; }

    /// <summary>Bytes that what was appended takes on disk, or would take.</summary>
    long NeededBytes { get; }

    /// <summary>Whether the artifact is there, whole, as far as the claim tells it.</summary>
    bool Holds(in ArtifactKey key, in ImportClaim claim);

    /// <summary>Whether the artifact of the claim is there, whole, with a payload of this length and checksum at this
    /// place.</summary>
    bool HoldsPayload(in ArtifactKey key, in ImportClaim claim, int index, long length, ulong checksum);

    /// <summary>Makes a loose payload of bytes of an open file. Whoever looks on sees each of the bytes
    /// that are kept, in order. The file is the caller's to give back until an artifact that names it is made
    /// ready.</summary>
    /// <exception cref="IOException">It could not be read or written, or is shorter.</exception>
    LooseFile TakeFile(
        in ArtifactKey key, int index, IStoreFile source, long offset, long length, string? linkFrom,
        PayloadObserver observe);

    /// <summary>Gives back a file that no artifact will name.</summary>
    void Drop(in LooseFile file);

    /// <summary>Makes an artifact ready.</summary>
    ImportedPut Prepare(ImportedArtifact artifact);

    /// <summary>Appends what is not there in a version as new or newer, in few writes, and notes each verdict. They are
    /// hits when this returns.</summary>
    void Append(IReadOnlyList<ImportedPut> puts);

    /// <summary>Sees to it that nobody else has the inodes of an artifact's loose files: those that were linked, and
    /// whose other name is gone by now, unless somebody made one more.</summary>
    void Own(in ArtifactKey key);

    /// <summary>Makes everything appended so far, and what it was found equal to, durable.</summary>
    void Flush();
}

/// <summary>Looks on while bytes are taken.</summary>
internal delegate void PayloadObserver(ReadOnlySpan<byte> bytes);
