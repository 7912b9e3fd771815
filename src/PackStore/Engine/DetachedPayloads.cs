using System.Buffers;
using PackStore.Engine.Writing;
using PackStore.Format;
using PackStore.Payloads;
using PackStore.Storage;

namespace PackStore.Engine;

/// <summary>The payloads of one hit that are no plain ranges of its record: loose, compressed, or pending. Counted like
/// a lease.</summary>
internal sealed class DetachedPayloads : IDisposable
{
    private readonly PayloadBytes?[] _bytes;
    private int _references = 1;

    private DetachedPayloads(int count) => _bytes = new PayloadBytes?[count];

    /// <summary>Gets all of them, present, of the recorded length and checksum; null if one is not.</summary>
    public static DetachedPayloads? TryResolve(
        StoreCore core, in ArtifactKey key, in RecordHeader header, ReadOnlySpan<byte> record,
            IReadOnlyList<string?>? pending)
    {
        DetachedPayloads result = new(header.DescriptorCount);
        for (int i = 0; i < header.DescriptorCount; i++)
        {
            PayloadDescriptor descriptor = RecordBody.ReadDescriptor(record, header.KeyLength, i);
            if (descriptor.Tier == PayloadTier.Pack && descriptor.Encoding == PayloadEncoding.Raw)
            {
                continue;
            }

            PayloadBytes? bytes = descriptor.Tier switch
            {
                PayloadTier.Pending => PendingFile.TryRead(core, pending![i]!, descriptor),
                PayloadTier.Loose => core.Loose.TryOpen(key, i, descriptor),
                _ => null,
            };
            if (descriptor.Encoding == PayloadEncoding.Zstd)
            {
                bytes = TryDecode(bytes, descriptor, record);
            }

            if (bytes is null)
            {
                result.Dispose();
                return null;
            }

            result._bytes[i] = bytes;
        }

        return result;
    }

    /// <summary>The whole record, if it stands in memory because it is not in a segment yet.</summary>
    public byte[]? Record { get; set; }

    /// <summary>The payload if it is detached.</summary>
    public PayloadBytes? this[int index] => _bytes[index];

    /// <summary>Takes a reference for an owner; false if the last one is gone.</summary>
    public bool TryAddReference()
    {
        int seen = Volatile.Read(ref _references);
        while (seen > 0)
        {
            int was = Interlocked.CompareExchange(ref _references, seen + 1, seen);
            if (was == seen)
            {
                return true;
            }

            seen = was;
        }

        return false;
    }

    /// <summary>Gives a reference back; the last one gives all memory back.</summary>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref _references) == 0)
        {
            foreach (PayloadBytes? bytes in _bytes)
            {
                bytes?.Release();
            }
        }
    }

    private static PayloadBytes? TryDecode(PayloadBytes? loose, in PayloadDescriptor descriptor,
        ReadOnlySpan<byte> record)
    {
        if ((descriptor.Tier == PayloadTier.Loose && loose is null) || descriptor.Length > Array.MaxLength)
        {
            loose?.Release();
            return null;
        }

        ReadOnlySpan<byte> frame = loose is { } file
            ? file.Span
            : record.Slice((int)descriptor.Place, (int)descriptor.StoredLength);
        // The frame says how long its content is; record and frame have to agree before memory is taken for it.
        byte[]? buffer = PayloadCodec.IsPlausible(frame, descriptor.Length)
            ? ArrayPool<byte>.Shared.Rent((int)descriptor.Length)
            : null;
        bool decoded = buffer is not null
            && PayloadCodec.TryDecompress(frame, buffer.AsSpan(0, (int)descriptor.Length));
        loose?.Release();
        if (decoded)
        {
            return new PayloadBytes(buffer!, (int)descriptor.Length);
        }

        if (buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return null;
    }
}
