using PackStore.Engine.Writing;
using PackStore.Format;
using PackStore.Segments;

namespace PackStore.Engine.Importing;

/// <summary>Looks at what is in the store at an imported key: whole, to the last payload byte, or not there.</summary>
internal sealed class ImportLookup(StoreEngine engine)
{
    /// <summary>The sequence number of the artifact of a put's key if it is sound and its loose files are; else 0. A
    /// file that the put itself has brought is not one of them: it stands where one was lost, and goes with the put.
    /// </summary>
    public ulong FindSound(ImportedPut put) =>
        Look(put.Key, static (_, header) => header.Sequence, out ulong found, put) ? found : 0;

    /// <summary>Whether the artifact of a claim is there.</summary>
    public bool Holds(in ArtifactKey key, ImportClaim claim) =>
        Look(key, (record, header) => claim.IsOf(record, header), out bool isThere) && isThere;

    /// <summary>See <see cref="IImportTarget.HoldsPayload"/>.</summary>
    public bool HoldsPayload(in ArtifactKey key, ImportClaim claim, int index, long length, ulong checksum) =>
        Look(key, (record, header) =>
        {
            if (!claim.IsOf(record, header))
            {
                return false;
            }

            PayloadDescriptor payload = RecordBody.ReadDescriptor(record, header.KeyLength, index);
            return payload.Encoding == PayloadEncoding.Raw && payload.Length == length && payload.Checksum == checksum;
        }, out bool isThere) && isThere;

    /// <summary>Whether a key has an artifact whose file is still being copied: that is newer than anything
    /// imported.</summary>
    public bool IsPending(in ArtifactKey key) =>
        engine.Pending is { IsEmpty: false } pending && pending.TryGet(key, out PendingPut? _);

    /// <summary>Reads the artifact of a key in an epoch section of its own; false if there is none that is
    /// sound, without the loose files of <paramref name="except"/>.</summary>
    public bool Look<T>(in ArtifactKey key, RecordLook<T> read, out T result, ImportedPut? except = null)
    {
        StoreCore core = engine.Core;
        EpochSlot slot = EpochGate.Slot;
        ulong token = EpochGate.Enter(slot);
        result = default!;
        try
        {
            // Inside the epoch section: a close that comes after this look waits for us before it frees anything.
            Throw.IfClosed(engine.IsClosed);
            if (!engine.Reads.TryFind(key, core.HashOf(key), touch: false, out FoundRecord found))
            {
                return false;
            }

            RecordHeader header = found.Header;
            bool isChecked = core.Options.Checksums != ChecksumPolicy.Never;
            if ((!isChecked && RecordReader.FindProblem(found.Record, header, payloads: true, out _) is not null)
                || ((header.Flags & RecordFlags.Loose) != 0 && !HasLooseFiles(core, key, found.Record, header, except)))
            {
                return false;
            }

            result = read(found.Record, header);
            return true;
        }
        finally
        {
            slot.Leave(token);
        }
    }

    private static bool HasLooseFiles(
        StoreCore core, in ArtifactKey key, ReadOnlySpan<byte> record, in RecordHeader header, ImportedPut? except)
    {
        for (int i = 0; i < header.DescriptorCount; i++)
        {
            PayloadDescriptor payload = RecordBody.ReadDescriptor(record, header.KeyLength, i);
            if (payload.Tier != PayloadTier.Loose)
            {
                continue;
            }

            if (except?.Brings(StoreFileNames.LooseFile(key.Bytes, i, payload.Place)) == true
                || core.Loose.TryOpen(key, i, payload) is not { } bytes)
            {
                return false;
            }

            bytes.Release();
        }

        return true;
    }
}

/// <summary>Reads a record inside the section in which it may be read.</summary>
internal delegate T RecordLook<out T>(ReadOnlySpan<byte> record, RecordHeader header);
