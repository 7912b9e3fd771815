using System.Buffers;
using System.IO.Hashing;
using PackStore.Engine;
using PackStore.Format;
using PackStore.Segments;
using PackStore.Storage;

namespace PackStore.Compaction;

/// <summary>Checks a record before it is copied: everything that has a checksum, whatever the store's policy for
/// hits.</summary>
internal static class RecordCheck
{
    private const int PieceBytes = 1 << 20;

    /// <summary>What is wrong with a record whose bytes are at hand; null if nothing is.</summary>
    /// <param name="core">The store.</param>
    /// <param name="record">Its bytes.</param>
    /// <param name="entry">What its directory says of it.</param>
    /// <param name="key">Its key, where that is sure.</param>
    public static string? FindProblem(
        StoreCore core, ReadOnlySpan<byte> record, in DirectoryEntry entry, out ArtifactKey? key) =>
        FindProblemOfHeader(core, record, entry, out key, out RecordHeader header)
        ?? (record.Length < entry.Length
            ? "the file ends within it"
            : RecordReader.FindProblem(record, header, payloads: true, out _));

    /// <summary>The same for a long record, which is read piece by piece.</summary>
    public static string? FindProblem(
        StoreCore core, IStoreFile file, in DirectoryEntry entry, out ArtifactKey? key, CancellationToken token)
    {
        byte[] front = new byte[FormatLimits.TombstoneBytes];
        int read = file.Read(entry.Offset, front);
        if (FindProblemOfHeader(core, front.AsSpan(0, read), entry, out key, out RecordHeader header) is { } problem)
        {
            return problem;
        }

        long end = RecordBody.EndOffset(header.KeyLength, header.DescriptorCount, header.MetadataLength);
        byte[] body = new byte[end];
        if (file.Read(entry.Offset, body) < body.Length)
        {
            return "the file ends within it";
        }

        // Payloads are not looked at here, so the body is enough.
        problem = RecordReader.FindProblem(body, header, payloads: false, out _);
        for (int i = 0; problem is null && i < header.DescriptorCount; i++)
        {
            PayloadDescriptor descriptor = RecordBody.ReadDescriptor(body, header.KeyLength, i);
            if (descriptor.Tier == PayloadTier.Pack
                && !HasChecksum(file, entry.Offset + descriptor.Place, descriptor, token))
            {
                problem = $"payload {i}: its bytes do not have their checksum";
            }
        }

        return problem;
    }

    /// <summary>The front of a record that was found right, to the end of its metadata.</summary>
    public static byte[] ReadFront(IStoreFile file, in DirectoryEntry entry)
    {
        byte[] line = new byte[RecordHeaderLayout.Size];
        if (file.Read(entry.Offset, line) == line.Length
            && RecordHeader.TryRead(line, entry.Length, out RecordHeader header))
        {
            byte[] front = new byte[RecordBody.EndOffset(
                header.KeyLength, header.DescriptorCount, header.MetadataLength)];
            if (file.Read(entry.Offset, front) == front.Length)
            {
                return front;
            }
        }

        throw new IOException("the file ends within a record");
    }

    /// <summary>The key of a record of which the front is at hand; false if it is not the record that is
    /// expected.</summary>
    public static bool TryReadKey(
        StoreCore core, ReadOnlySpan<byte> front, in DirectoryEntry entry, out ArtifactKey key)
    {
        bool isRight = FindProblemOfHeader(core, front, entry, out ArtifactKey? found, out _) is null;
        key = found.GetValueOrDefault();
        return isRight;
    }

    private static string? FindProblemOfHeader(
        StoreCore core, ReadOnlySpan<byte> front, in DirectoryEntry entry, out ArtifactKey? key,
        out RecordHeader header)
    {
        key = null;
        header = default;
        if (front.Length < Math.Min(entry.Length, FormatLimits.TombstoneBytes))
        {
            return "the file ends within it";
        }

        if (!RecordHeader.TryRead(front, entry.Length, out header, out string? problem))
        {
            return problem;
        }

        if (header.Kind is not (RecordKind.Artifact or RecordKind.Tombstone))
        {
            return $"a record of kind {header.Kind}, expected {entry.Kind}";
        }

        ArtifactKey found = RecordBody.ReadKey(front, header.KeyLength);
        ulong hash = core.HashOf(found);
        if (header.Kind != entry.Kind || header.Sequence != entry.Sequence || header.RecordLength != entry.Length
            || hash != entry.Hash)
        {
            return $"kind {header.Kind}, sequence {header.Sequence}, {header.RecordLength} bytes, hash {hash:x16}, "
                + $"expected {entry.Kind}, {entry.Sequence}, {entry.Length}, {entry.Hash:x16}";
        }

        key = found;
        return null;
    }

    private static bool HasChecksum(
        IStoreFile file, long offset, in PayloadDescriptor descriptor, CancellationToken token)
    {
        XxHash3 hash = new();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            for (long at = 0; at < descriptor.StoredLength;)
            {
                token.ThrowIfCancellationRequested();
                int wanted = (int)Math.Min(PieceBytes, descriptor.StoredLength - at);
                if (file.Read(offset + at, buffer.AsSpan(0, wanted)) < wanted)
                {
                    return false;
                }

                hash.Append(buffer.AsSpan(0, wanted));
                at += wanted;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return hash.GetCurrentHashAsUInt64() == descriptor.Checksum;
    }
}
