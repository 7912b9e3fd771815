using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using PackStore.Format;
using PackStore.Proof;
using PackStore.Storage;

namespace PackStore.Index;

/// <summary>
/// Writes an index snapshot front to back while the table changes.
/// </summary>
/// <remarks>The caller froze the table, so that no entry moves: whatever was in it at the watermark and was not
/// replaced since is met once.
/// What came later may or may not be in; replay from the watermark settles it. Links to overflow buckets added since
/// are cut.</remarks>
internal sealed class SnapshotWriter(IndexTable table, IStoreFile file, SnapshotHeader header) : IDisposable
{
    // Schedule points stand before every so many buckets.
    private const int PointEvery = 16;

    private readonly byte[] _chunk = ArrayPool<byte>.Shared.Rent(SnapshotHeader.ChunkBytes);
    private readonly List<ulong> _checksums = [];
    private int _filled;
    private long _at = SnapshotHeader.BucketsAt;
    private long _entries;

    /// <summary>Writes everything; the header last, so that a torn file has none.</summary>
    public void Write(CancellationToken cancellationToken)
    {
        file.Reserve(header.FileBytes);
        WriteBuckets(header.Buckets, overflow: false, cancellationToken);
        WriteRecency(header.Buckets, overflow: false);
        WriteBuckets(header.Overflow, overflow: true, cancellationToken);
        WriteRecency(header.Overflow, overflow: true);
        FlushChunk();
        file.Write(header.ChecksumsAt, MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_checksums)));
        byte[] front = new byte[SnapshotHeaderLayout.Size];
        (header with { Entries = _entries, HasLeftOut = table.HasLeftOut }).Write(front);
        file.Write(0, front);
    }

    /// <inheritdoc/>
    public void Dispose() => ArrayPool<byte>.Shared.Return(_chunk);

    private void WriteBuckets(int count, bool overflow, CancellationToken cancellationToken)
    {
        for (int i = 0; i < count; i++)
        {
            if ((i & 0xFFFF) == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            if (i % PointEvery == 0)
            {
                SchedulePoint.Reach("snapshot.bucket");
            }

            ref IndexBucket bucket = ref overflow ? ref table.OverflowBucket(i) : ref table.Bucket(i);
            Span<byte> d = Take(SnapshotHeader.BucketBytes);
            BinaryPrimitives.WriteUInt64LittleEndian(d, Control(Volatile.Read(ref bucket[0])));
            for (int lane = 1; lane < IndexBucket.Words; lane++)
            {
                ulong word = Volatile.Read(ref bucket[lane]) & ~3UL;
                _entries += word == 0 ? 0 : 1;
                BinaryPrimitives.WriteUInt64LittleEndian(d[(lane * 8)..], word);
            }
        }

        Pad();
    }

    private ulong Control(ulong control)
    {
        control &= IndexControl.OverflowMask | IndexControl.TagBaseMask;
        return IndexControl.Overflow(control) > header.Overflow ? control & ~IndexControl.OverflowMask : control;
    }

    private void WriteRecency(int count, bool overflow)
    {
        for (int i = 0; i < count; i++)
        {
            ref RecencyRow row = ref overflow ? ref table.OverflowRecency(i) : ref table.Recency(i);
            Span<byte> d = Take(SnapshotHeader.RecencyBytes);
            for (int lane = 0; lane < IndexBucket.Words; lane++)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(d[(lane * 2)..], row[lane]);
            }
        }

        Pad();
    }

    private Span<byte> Take(int bytes)
    {
        if (_filled == SnapshotHeader.ChunkBytes)
        {
            FlushChunk();
        }

        _filled += bytes;
        return _chunk.AsSpan(_filled - bytes, bytes);
    }

    private void Pad()
    {
        int padding = (int)(SnapshotHeader.Align(_filled) - _filled);
        _chunk.AsSpan(_filled, padding).Clear();
        _filled += padding;
    }

    private void FlushChunk()
    {
        if (_filled > 0)
        {
            ReadOnlySpan<byte> bytes = _chunk.AsSpan(0, _filled);
            _checksums.Add(Checksum.Of(bytes));
            file.Write(_at, bytes);
            _at += _filled;
            _filled = 0;
        }
    }
}
