using System.Buffers;
using System.Buffers.Binary;
using PackStore.Format;
using PackStore.Storage;

namespace PackStore.Index;

/// <summary>Opens index snapshots and checks them in full.</summary>
internal static class SnapshotReader
{
    /// <summary>Reads the header of an open file; null with what was wrong.</summary>
    public static SnapshotHeader? TryReadHeader(IStoreFile file, StoreIdentity store, out string problem)
    {
        byte[] front = new byte[SnapshotHeaderLayout.Size];
        int read = file.Read(0, front);
        return SnapshotHeader.TryRead(front.AsSpan(0, read), store, file.Stat().Length, out problem);
    }

    /// <summary>Reads every chunk and compares its checksum; returns the offset of the first that is wrong, or
    /// -1.</summary>
    public static long FindDamage(IStoreFile file, SnapshotHeader header, CancellationToken cancellationToken)
    {
        byte[] chunk = ArrayPool<byte>.Shared.Rent(SnapshotHeader.ChunkBytes);
        byte[] sum = new byte[sizeof(ulong)];
        try
        {
            for (long i = 0; i < header.Chunks; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                long at = SnapshotHeader.BucketsAt + (i * SnapshotHeader.ChunkBytes);
                int length = (int)Math.Min(SnapshotHeader.ChunkBytes, header.ChecksumsAt - at);
                if (file.Read(at, chunk.AsSpan(0, length)) != length
                    || file.Read(header.ChecksumsAt + (i * sizeof(ulong)), sum) != sum.Length
                    || BinaryPrimitives.ReadUInt64LittleEndian(sum) != Checksum.Of(chunk.AsSpan(0, length)))
                {
                    return at;
                }
            }

            return -1;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }
}
