using System.Buffers;
using System.IO.Hashing;
using PackStore.Format;
using PackStore.Storage;

namespace PackStore.Loose;

/// <summary>Checksums of loose payloads, in files and in mapped pieces.</summary>
internal static class LooseHash
{
    private const int BufferBytes = 256 << 10;

    /// <summary>Checksum of a sequence.</summary>
    public static ulong Of(in ReadOnlySequence<byte> bytes)
    {
        if (bytes.IsSingleSegment)
        {
            return Checksum.Of(bytes.FirstSpan);
        }

        XxHash3 hash = new();
        foreach (ReadOnlyMemory<byte> piece in bytes)
        {
            hash.Append(piece.Span);
        }

        return hash.GetCurrentHashAsUInt64();
    }

    /// <summary>Checksum of the first bytes of a file; false if it has fewer.</summary>
    public static bool TryOf(IStoreFile file, long length, out ulong checksum)
    {
        XxHash3 hash = new();
        bool isWhole = TryVisit(file, 0, length, bytes => hash.Append(bytes));
        checksum = isWhole ? hash.GetCurrentHashAsUInt64() : 0;
        return isWhole;
    }

    /// <summary>Shows bytes of a file piece by piece; false if it has fewer.</summary>
    public static bool TryVisit(IStoreFile file, long offset, long length, LooseVisitor visit)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            for (long at = 0; at < length;)
            {
                int read = file.Read(offset + at, buffer.AsSpan(0, (int)Math.Min(BufferBytes, length - at)));
                if (read == 0)
                {
                    return false;
                }

                visit(buffer.AsSpan(0, read));
                at += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return true;
    }
}

/// <summary>Told of the next bytes of a file.</summary>
internal delegate void LooseVisitor(ReadOnlySpan<byte> bytes);
