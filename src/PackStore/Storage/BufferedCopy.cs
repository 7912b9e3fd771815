using System.Buffers;

namespace PackStore.Storage;

/// <summary>Copies between two files through memory: what remains where the kernel does not copy.</summary>
internal static class BufferedCopy
{
    private const int BufferBytes = 256 * 1024;

    /// <summary>Copies all of the range or throws.</summary>
    public static void Run(IStoreFile source, long sourceOffset, IStoreFile target, long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (length == 0)
        {
            return;
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(length, BufferBytes));
        try
        {
            for (long copied = 0; copied < length;)
            {
                int wanted = (int)Math.Min(length - copied, buffer.Length);
                int read = source.Read(sourceOffset + copied, buffer.AsSpan(0, wanted));
                target.Write(offset + copied, buffer.AsSpan(0, read));
                copied += read;
                if (read < wanted)
                {
                    throw StorageError.TooShort("copy", source.Name, sourceOffset + length, sourceOffset + copied);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
