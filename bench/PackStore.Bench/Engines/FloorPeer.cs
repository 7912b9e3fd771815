using System.Numerics;
using Microsoft.Win32.SafeHandles;
using PackStore.Bench.Data;

namespace PackStore.Bench.Engines;

/// <summary>The physical bound of the design: a bare append through one buffer, an in-memory table, reads through one
/// shared mapping. No checksum, no recovery, no reclaiming, no lifetime of anything: not a store, a ruler.</summary>
internal sealed class FloorPeer : Peer
{
    private const int BufferLength = 1 << 20;
    private const int DirectLength = BufferLength / 4;

    // Held by writers only; readers run against published table entries.
    private readonly Lock _append = new();
    private byte[] _buffer = [];
    private SafeFileHandle? _file;
    private FloorTable? _table;
    private string _indexPath = "";
    private long _bufferStart;
    private int _used;
    private long _length;
    private bool _durable;
    private unsafe byte* _map;
    private unsafe byte* _bufferAddress;

    internal override string Settings =>
        "1 MiB append buffer + pwrite into one preallocated file, reads over MAP_SHARED, 16-byte entries in " +
        "anonymous memory (after a reopen: mapped from a file written at close), load <= 0.5; disk = bytes used";

    private SafeFileHandle File => _file ?? throw new InvalidOperationException("Not open.");

    private FloorTable Table => _table ?? throw new InvalidOperationException("Not open.");

    internal override unsafe void Open(PeerSetup setup)
    {
        Directory.CreateDirectory(setup.Directory);
        string path = Path.Combine(setup.Directory, "data");
        _indexPath = Path.Combine(setup.Directory, "index");
        _durable = setup.Durable;
        _buffer = GC.AllocateUninitializedArray<byte>(BufferLength, pinned: true);
        fixed (byte* address = _buffer)
        {
            _bufferAddress = address;
        }

        bool exists = System.IO.File.Exists(_indexPath);
        _file = System.IO.File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite);
        _length = exists
            ? RandomAccess.GetLength(_file)
            : ((setup.DataBytes + (setup.Artifacts * 128) + (4 * BufferLength)) | 4095) + 1;
        if (!exists)
        {
            Native.Allocate(_file, _length);
        }

        _map = Native.MapForReading(_file, _length);
        _table = exists ? FloorTable.Load(_indexPath, out _bufferStart) : FloorTable.Create(setup.Artifacts);
    }

    internal override PeerSession CreateSession() => new FloorSession(this, Table);

    internal override Task PutAsync(Corpus corpus, long first, int count)
    {
        lock (_append)
        {
            for (long i = first; i < first + count; i++)
            {
                Append(corpus, i);
            }
        }

        return Task.CompletedTask;
    }

    internal override Task StreamAsync(long artifact, ReadOnlyMemory<byte> piece, int pieces)
    {
        lock (_append)
        {
            Drain();
            long start = _bufferStart;
            long at = start + FloorRecord.HeaderLength;
            for (int i = 0; i < pieces; i++)
            {
                RandomAccess.Write(File, piece.Span, at);
                at += piece.Length;
            }

            Span<byte> header = _buffer.AsSpan(0, FloorRecord.HeaderLength);
            FloorRecord.WriteHeader(artifact, [piece.Length * pieces], 0, header);
            RandomAccess.Write(File, header, start);
            _bufferStart = FloorRecord.Align(at);
            Table.Insert(FloorTable.Fingerprint(header), start);
        }

        return Task.CompletedTask;
    }

    internal override Task FlushAsync()
    {
        lock (_append)
        {
            Drain();
            Native.SyncData(File);
        }

        return Task.CompletedTask;
    }

    internal override long DiskBytes(string directory) => _bufferStart + _used + Table.UsedBytes;

    /// <summary>A record's bytes, in the buffer while they are not in the file yet.</summary>
    internal unsafe byte* At(long location)
    {
        long inBuffer = location - Volatile.Read(ref _bufferStart);
        return inBuffer >= 0 ? _bufferAddress + inBuffer : _map + location;
    }

    public override unsafe void Dispose()
    {
        if (_file is null)
        {
            return;
        }

        Drain();
        Table.Save(_indexPath, _bufferStart);
        Table.Dispose();
        Native.Unmap(_map, _length);
        _file.Dispose();
        _file = null;
    }

    private void Append(Corpus corpus, long artifact)
    {
        Span<int> lengths = stackalloc int[corpus.PayloadCount];
        ReadOnlySpan<byte> metadata = corpus.Metadata(artifact).Span;
        long total = FloorRecord.HeaderLength + metadata.Length;
        for (int p = 0; p < lengths.Length; p++)
        {
            lengths[p] = corpus.PayloadLength(artifact, p);
            total += lengths[p];
        }

        bool direct = total > DirectLength;
        if (_used + (direct ? FloorRecord.HeaderLength : FloorRecord.Align(total)) > BufferLength)
        {
            Drain();
        }

        long location = _bufferStart + _used;
        Span<byte> header = _buffer.AsSpan(_used, FloorRecord.HeaderLength);
        FloorRecord.WriteHeader(artifact, lengths, metadata.Length, header);
        ulong fingerprint = FloorTable.Fingerprint(header);
        _used += FloorRecord.HeaderLength;
        for (int p = 0; p < lengths.Length; p++)
        {
            Add(corpus.Payload(artifact, p).Span, direct);
        }

        Add(metadata, direct);
        if (direct)
        {
            _bufferStart = FloorRecord.Align(_bufferStart);
        }

        _used = (int)FloorRecord.Align(_used);
        Table.Insert(fingerprint, location);
        if (_durable)
        {
            Drain();
            Native.SyncData(File);
        }
    }

    private void Add(ReadOnlySpan<byte> bytes, bool direct)
    {
        if (!direct)
        {
            bytes.CopyTo(_buffer.AsSpan(_used));
            _used += bytes.Length;
            return;
        }

        Drain();
        RandomAccess.Write(File, bytes, _bufferStart);
        Volatile.Write(ref _bufferStart, _bufferStart + bytes.Length);
    }

    private void Drain()
    {
        if (_used > 0)
        {
            RandomAccess.Write(File, _buffer.AsSpan(0, _used), _bufferStart);
            Volatile.Write(ref _bufferStart, _bufferStart + _used);
            _used = 0;
        }
    }

    internal static long CapacityFor(long artifacts) =>
        (long)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(16, artifacts * 2));
}
