using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using PackStore.Engine;
using PackStore.Format;
using PackStore.Segments;

namespace PackStore;

/// <summary>
/// The right to read one artifact's payloads, or a miss. Lives on the stack of one thread; dispose it there, with
/// <c>using</c>.
/// </summary>
/// <remarks>
/// The compiler keeps payload spans inside the block that holds the lease, and the lease off the heap and out of
/// <c>await</c>. A span used after
/// the lease was disposed in the same block is a bug that it cannot see. Disposing twice does nothing. What has to
/// outlive the block goes
/// through <see cref="ToOwner"/>. A thread may hold up to 64 leases at a time. <c>default</c> is a miss.
/// </remarks>
public readonly ref struct PayloadLease : IDisposable
{
    private readonly StoreState? _state;
    private readonly EpochSlot? _slot;
    private readonly DetachedPayloads? _detached;
    private readonly ref readonly byte _start;
    private readonly int _length;

    // See RecordBody.PlainCount: what is below it can be read without a second look.
    private readonly int _plainCount;
    private readonly ulong _token;

    // See LeasePlace.
    private readonly ulong _place;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal PayloadLease(
        StoreState state, EpochSlot slot, ulong token, ulong place, ReadOnlySpan<byte> record, int plainCount,
        DetachedPayloads? detached)
    {
        _state = state;
        _slot = slot;
        _detached = detached;
        _start = ref MemoryMarshal.GetReference(record);
        _length = record.Length;
        _plainCount = plainCount;
        _token = token;
        _place = place;
    }

    /// <summary>A lease inside a batch, which holds the epoch section and what is detached.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal PayloadLease(scoped in PayloadBatchSlot slot)
    {
        StoreState state = slot.State!;
        _state = state;
        _detached = slot.Detached;
        _place = slot.Place;
        if (!state.Segments.TryReadAgain(_place, slot.Length, out ReadOnlySpan<byte> record)
            && !TryReadOther(slot, out record))
        {
            _state = null;
            return;
        }

        _start = ref MemoryMarshal.GetReference(record);
        _length = record.Length;
        _plainCount = _detached is null ? RecordBody.PlainCount(record) : 0;
    }

    /// <summary>Whether the artifact is here. Everything else on a miss throws
    /// <see cref="InvalidOperationException"/>.</summary>
    public bool IsHit => _state is not null;

    /// <summary>Number of outputs.</summary>
    public int Count
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _plainCount > 0 ? _plainCount : RecordHeader.ReadCount(Record);
    }

    /// <summary>Names, modes, streams' lengths, times. Decoded, and allocated, at each call.</summary>
    public ArtifactMetadata Metadata =>
        TryReadMetadata() ?? throw new CorruptStoreException(
            StoreFileNames.Segment(Segment?.Id ?? 0), Offset, "metadata that makes no sense",
            "names and lengths that fit");

    /// <summary>Standard output; empty if there was none.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> StandardOutput => Stream(RecordFlags.StandardOutput);

    /// <summary>Standard error; empty if there was none.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> StandardError => Stream(RecordFlags.StandardError);

    private ReadOnlySpan<byte> Record
    {
        get
        {
            if (_state is null)
            {
                ThrowMiss();
            }

            return Bytes;
        }
    }

    private ReadOnlySpan<byte> Bytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => MemoryMarshal.CreateReadOnlySpan(in _start, _length);
    }

    private Segment? Segment => LeasePlace.Segment(_place, _state!);

    private long Offset => IndexWord.Offset(_place);

    /// <summary>The bytes of an output, valid until the lease is disposed.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such output.</exception>
    /// <exception cref="InvalidOperationException">It is a miss, or the output has more bytes than a span can hold:
    /// use <see cref="PayloadOwner.GetSequence"/>.</exception>
    [UnscopedRef]
    public ReadOnlySpan<byte> this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (uint)index < (uint)_plainCount ? RecordBody.ReadPlain(Bytes, index) : BytesChecked(this, index);
    }

    /// <summary>What is known of an output.</summary>
    public PayloadInfo GetInfo(int index)
    {
        IReadOnlyList<PayloadInfo> payloads = Metadata.Payloads;
        if ((uint)index >= (uint)payloads.Count)
        {
            ThrowIndex(index);
        }

        return payloads[index];
    }

    /// <summary>Makes a file of an output: written under another name beside it and renamed, so that it is whole or
    /// absent.</summary>
    /// <param name="index">Which output.</param>
    /// <param name="path">Where; a link that stands there is replaced, not followed.</param>
    /// <param name="options">How.</param>
    /// <returns>How the file got its bytes.</returns>
    /// <exception cref="IOException">It could not be written, or exists and may not be replaced.</exception>
    public DeliveryMethod DeliverTo(int index, string path, DeliveryOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        PayloadInfo info = GetInfo(index);
        ReadOnlySpan<byte> record = Bytes;
        PayloadDescriptor descriptor = RecordBody.ReadDescriptor(record,
            RecordHeader.ReadUnchecked(record).KeyLength, index);
        Delivery delivery = new(_state!.Core, path, options ?? new DeliveryOptions(), info.Mode);
        if (_detached?[index] is { } bytes)
        {
            return descriptor is { Tier: PayloadTier.Loose, Encoding: PayloadEncoding.Raw, SharesInode: false }
                ? delivery.FromLoose(
                    StoreFileNames.LooseFile(RecordBody.ReadKey(record,
                        RecordHeader.ReadUnchecked(record).KeyLength).Bytes, index, descriptor.Place),
                    descriptor.StoredLength, bytes)
                : delivery.FromBytes(bytes.Sequence);
        }

        return Segment?.File is { } file
            ? delivery.FromSegment(file, Offset + descriptor.Place, descriptor.StoredLength)
            : delivery.FromBytes(new System.Buffers.ReadOnlySequence<byte>(
                _detached!.Record!, (int)descriptor.Place, (int)descriptor.StoredLength));
    }

    /// <summary>Takes a counted right to the same bytes that may cross threads and <c>await</c>. Dispose
    /// both.</summary>
    public PayloadOwner ToOwner()
    {
        _ = Record;
        ArtifactMetadata metadata = Metadata;
        DetachedPayloads? detached = _detached;
        if (detached is not null && !detached.TryAddReference())
        {
            throw new InvalidOperationException("The lease was disposed.");
        }

        if (Segment is not { } segment)
        {
            return new PayloadOwner(metadata, detached!.Record!, detached);
        }

        Storage.MappedRegion? region = segment.TryPin();
        if (region is null)
        {
            detached?.Dispose();
            throw new InvalidOperationException("The lease was disposed.");
        }

        return new PayloadOwner(metadata, region, Offset, _length, detached);
    }

    /// <summary>Gives the right back. The spans must not be used any more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Dispose()
    {
        EpochSlot? slot = _slot;
        // Only the first of a lease and its copies gives the detached payloads back: an owner may hold them still.
        if (slot is not null && slot.Leave(_token))
        {
            _detached?.Dispose();
        }
    }

    internal ArtifactMetadata? TryReadMetadata()
    {
        ReadOnlySpan<byte> record = Record;
        return MetadataReader.TryRead(
            _state!.Core, record, Segment?.Id ?? 0, Offset, LeasePlace.Hour(_place, _state.Core));
    }

    /// <summary>The record of a result that is in no segment yet, or in one that was mapped another way.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool TryReadOther(scoped in PayloadBatchSlot slot, out ReadOnlySpan<byte> record)
    {
        if (LeasePlace.Segment(slot.Place, slot.State!) is { } segment)
        {
            return segment.TryRead(IndexWord.Offset(slot.Place), slot.Length, out record);
        }

        record = slot.Detached!.Record;
        return true;
    }

    private static void ThrowMiss() => throw new InvalidOperationException("The lease is a miss; ask IsHit first.");

    private static void ThrowIndex(int index) =>
        throw new ArgumentOutOfRangeException(nameof(index), index, "There is no such output.");

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ReadOnlySpan<byte> BytesChecked(PayloadLease lease, int index)
    {
        if ((uint)index >= (uint)RecordHeader.ReadCount(lease.Record))
        {
            ThrowIndex(index);
        }

        return lease.BytesOf(index);
    }

    private ReadOnlySpan<byte> BytesOf(int index)
    {
        if (_detached is not null && _detached[index] is { } detached)
        {
            return detached.Span;
        }

        ReadOnlySpan<byte> record = Bytes;
        PayloadDescriptor descriptor = RecordBody.ReadDescriptor(record, RecordHeader.ReadKeyLength(record), index);
        return record.Slice((int)descriptor.Place, (int)descriptor.StoredLength);
    }

    private ReadOnlySpan<byte> Stream(RecordFlags stream)
    {
        RecordHeader header = RecordHeader.ReadUnchecked(Record);
        if ((header.Flags & stream) == 0)
        {
            return default;
        }

        bool second = stream == RecordFlags.StandardError && (header.Flags & RecordFlags.StandardOutput) != 0;
        return BytesOf(header.Count + (second ? 1 : 0));
    }
}
