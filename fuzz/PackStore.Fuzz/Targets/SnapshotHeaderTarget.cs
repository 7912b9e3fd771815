using System.Buffers.Binary;
using PackStore.Format;

namespace PackStore.Fuzz.Targets;

/// <summary>The front of an index snapshot, in a file of just the length that it asks for.</summary>
internal sealed class SnapshotHeaderTarget : IFuzzTarget
{
    public string Name => "snapshot-header";

    public IReadOnlyList<byte[]> Seeds() => [Write(Make(1, 0)), Write(Make(64, 3)), Write(Make(int.MaxValue, 1 << 20))];

    public bool Run(ReadOnlySpan<byte> input)
    {
        if (Read(input) is not { } read)
        {
            return false;
        }

        FuzzFailureException.Require(
            SnapshotHeader.BucketsAt < read.RecencyAt && read.RecencyAt < read.OverflowAt
                && read.OverflowAt <= read.ChecksumsAt && read.ChecksumsAt < read.FileBytes,
            "sections in order");
        FuzzFailureException.Require(Read(Write(read)) == read, "encodes again");
        return true;
    }

    public void Repair(Span<byte> input) =>
        Samples.Repair(input, SnapshotHeader.Magic, SnapshotHeaderLayout.ChecksumOffset);

    private static SnapshotHeader? Read(ReadOnlySpan<byte> bytes)
    {
        long length = 0;
        if (bytes.Length >= SnapshotHeaderLayout.Size)
        {
            long buckets = BinaryPrimitives.ReadInt64LittleEndian(bytes[SnapshotHeaderLayout.BucketsOffset..]);
            long overflow = BinaryPrimitives.ReadInt64LittleEndian(bytes[SnapshotHeaderLayout.OverflowOffset..]);
            length = Make(unchecked((int)buckets), unchecked((int)overflow)).FileBytes;
        }

        return SnapshotHeader.TryRead(bytes, Samples.Store, length, out _);
    }

    private static SnapshotHeader Make(int buckets, int overflow) => new(
        Samples.Store.StoreId, 5, new RecordLocation(2, 512), 99, buckets, overflow, 7, Samples.Store.HashSeed);

    private static byte[] Write(SnapshotHeader header)
    {
        byte[] bytes = new byte[SnapshotHeaderLayout.Size];
        header.Write(bytes);
        return bytes;
    }
}
