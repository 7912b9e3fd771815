using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PackStore.Storage.Linux;

/// <summary>
/// Whole positional reads and writes: loops over short results and interruptions, and says by errno why it stopped.
/// </summary>
internal static unsafe class PositionalIo
{
    // Linux moves at most 0x7ffff000 bytes a call; a whole power of two keeps every piece page-aligned if the first is.
    private const int CallBytes = 1 << 30;

    // Below IOV_MAX (1024); 64 records of header and payload fit into one call.
    private const int VectorCount = 256;

    /// <summary>Reads until the span is full or the file ends. Returns the errno or 0.</summary>
    public static int TryRead(SafeFileHandle file, long offset, Span<byte> destination, out int read)
    {
        read = 0;
        fixed (byte* start = destination)
        {
            while (read < destination.Length)
            {
                nuint count = (nuint)Math.Min(destination.Length - read, CallBytes);
                nint got = Libc.Read(file, start + read, count, offset + read);
                if (got < 0)
                {
                    int errno = Marshal.GetLastPInvokeError();
                    if (errno == StorageError.Eintr)
                    {
                        continue;
                    }

                    return errno;
                }

                if (got == 0)
                {
                    return 0;
                }

                read += (int)got;
            }
        }

        return 0;
    }

    /// <summary>Reads a regular file from its start until the span is full or the file ends, which a short read says of
    /// such a file. Returns the errno or 0.</summary>
    public static int TryReadToEnd(int descriptor, Span<byte> destination, out int read)
    {
        read = 0;
        fixed (byte* start = destination)
        {
            while (read < destination.Length)
            {
                int count = Math.Min(destination.Length - read, CallBytes);
                nint got = Libc.Read(descriptor, start + read, (nuint)count, read);
                if (got >= 0)
                {
                    read += (int)got;
                    if (got < count)
                    {
                        return 0;
                    }
                }
                else if (Marshal.GetLastPInvokeError() is not StorageError.Eintr and var errno)
                {
                    return errno;
                }
            }
        }

        return 0;
    }

    /// <summary>Writes all of it. Returns the errno or 0.</summary>
    public static int TryWrite(SafeFileHandle file, long offset, ReadOnlySpan<byte> source)
    {
        fixed (byte* start = source)
        {
            for (int written = 0; written < source.Length;)
            {
                nuint count = (nuint)Math.Min(source.Length - written, CallBytes);
                nint put = Libc.Write(file, start + written, count, offset + written);
                int errno = FailureOf(put);
                if (errno == 0)
                {
                    written += (int)put;
                }
                else if (errno != StorageError.Eintr)
                {
                    return errno;
                }
            }
        }

        return 0;
    }

    /// <summary>Writes the pieces one behind the other. Returns the errno or 0.</summary>
    public static int TryWrite(SafeFileHandle file, long offset, ReadOnlySpan<ReadOnlyMemory<byte>> pieces)
    {
        MemoryHandle[] pins = ArrayPool<MemoryHandle>.Shared.Rent(Math.Min(pieces.Length, VectorCount));
        try
        {
            while (!pieces.IsEmpty)
            {
                ReadOnlySpan<ReadOnlyMemory<byte>> group = pieces[..Math.Min(pieces.Length, VectorCount)];
                int errno = TryWriteGroup(file, ref offset, group, pins);
                if (errno != 0)
                {
                    return errno;
                }

                pieces = pieces[group.Length..];
            }

            return 0;
        }
        finally
        {
            ArrayPool<MemoryHandle>.Shared.Return(pins);
        }
    }

    private static int TryWriteGroup(
        SafeFileHandle file, ref long offset, ReadOnlySpan<ReadOnlyMemory<byte>> group, MemoryHandle[] pins)
    {
        IoVector* vectors = stackalloc IoVector[VectorCount];
        int count = 0;
        try
        {
            foreach (ReadOnlyMemory<byte> piece in group)
            {
                if (!piece.IsEmpty)
                {
                    pins[count] = piece.Pin();
                    vectors[count] = new IoVector { Start = (byte*)pins[count].Pointer, Length = (nuint)piece.Length };
                    count++;
                }
            }

            return TryWriteVectors(file, ref offset, vectors, count);
        }
        finally
        {
            for (int i = 0; i < count; i++)
            {
                pins[i].Dispose();
                pins[i] = default;
            }
        }
    }

    private static int TryWriteVectors(SafeFileHandle file, ref long offset, IoVector* vectors, int count)
    {
        while (count > 0)
        {
            nint put = Libc.WriteGathered(file, vectors, count, offset);
            int errno = FailureOf(put);
            if (errno == StorageError.Eintr)
            {
                continue;
            }

            if (errno != 0)
            {
                return errno;
            }

            offset += put;
            nuint left = (nuint)put;
            while (count > 0 && left >= vectors->Length)
            {
                left -= vectors->Length;
                vectors++;
                count--;
            }

            if (left > 0)
            {
                vectors->Start += left;
                vectors->Length -= left;
            }
        }

        return 0;
    }

    // A write of more than nothing that moves nothing and names no error would loop for ever.
    private static int FailureOf(nint moved)
        => moved > 0 ? 0 : moved == 0 ? StorageError.Eio : Marshal.GetLastPInvokeError();
}
