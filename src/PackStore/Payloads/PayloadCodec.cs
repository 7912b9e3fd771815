using System.Buffers;
using ZstdSharp;

namespace PackStore.Payloads;

/// <summary>Encodes and decodes zstd payloads: one frame each, level by length as measured (see
/// docs/decisions).</summary>
internal static class PayloadCodec
{
    private const int Level = 1;
    private const int LargestBlockContent = 128 << 10;
    private const int SmallestBlockBytes = 4;

    [ThreadStatic]
    private static Compressor? t_compressor;

    [ThreadStatic]
    private static Decompressor? t_decompressor;

    /// <summary>Compresses; null where that saves less than an eighth, for then the payload stays raw and
    /// zero-copy.</summary>
    public static byte[]? TryCompress(in ReadOnlySequence<byte> bytes)
    {
        if (bytes.Length is < 64 or > int.MaxValue / 2)
        {
            return null;
        }

        byte[]? rented = null;
        try
        {
            ReadOnlySpan<byte> source = bytes.IsSingleSegment ? bytes.FirstSpan : Flatten(bytes, out rented);
            return TryCompress(t_compressor ??= new Compressor(Level), source);
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }

    /// <summary>The same with a compressor of the caller's.</summary>
    internal static byte[]? TryCompress(Compressor compressor, ReadOnlySpan<byte> source)
    {
        int room = source.Length - (source.Length / 8);
        byte[] output = ArrayPool<byte>.Shared.Rent(room);
        try
        {
            return compressor.TryWrap(source, output.AsSpan(0, room), out int written)
                ? output.AsSpan(0, written).ToArray()
                : null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(output);
        }
    }

    /// <summary>Whether a frame can hold so many bytes, so that a length from disk is not believed before memory is
    /// taken for it: its header says so, and it has a block for each 128 KiB (RFC 8878, section 3.1.1.2).</summary>
    public static bool IsPlausible(ReadOnlySpan<byte> frame, long length)
    {
        if (length < 0 || length > ((frame.Length / SmallestBlockBytes) + 1L) * LargestBlockContent)
        {
            return false;
        }

        try
        {
            return Decompressor.GetDecompressedSize(frame) == (ulong)length;
        }
        catch (ZstdException)
        {
            // No frame, or one that does not say its length, which ours do.
            return false;
        }
    }

    /// <summary>Decodes a frame into exactly the destination; false if it is no frame or has another length.</summary>
    public static bool TryDecompress(ReadOnlySpan<byte> frame, Span<byte> destination)
    {
        Decompressor decompressor = t_decompressor ??= new Decompressor();
        try
        {
            return decompressor.TryUnwrap(frame, destination, out int written) && written == destination.Length;
        }
        catch (ZstdException)
        {
            // The checksum of the frame was right, so its writer made it wrong; to the caller that is damage like any
            // other.
            return false;
        }
    }

    private static ReadOnlySpan<byte> Flatten(in ReadOnlySequence<byte> bytes, out byte[] rented)
    {
        rented = ArrayPool<byte>.Shared.Rent((int)bytes.Length);
        bytes.CopyTo(rented);
        return rented.AsSpan(0, (int)bytes.Length);
    }
}
