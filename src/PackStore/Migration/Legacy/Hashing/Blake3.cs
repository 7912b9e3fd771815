using System.Numerics;
using System.Runtime.InteropServices;

namespace PackStore.Migration.Legacy.Hashing;

/// <summary>
/// Unkeyed BLAKE3 with 32 bytes of output, fed piece by piece. Written from the published specification; everything
/// in it is managed, so that the library needs no native file.
/// </summary>
/// <remarks>Not safe to share between threads. One object may hash many inputs in turn, see <see
/// cref="Reset"/>.</remarks>
internal sealed class Blake3
{
    private const int ChunkBytes = Blake3Compression.ChunkBytes;
    private const int Words = Blake3Compression.Words;

    // Chaining values of whole left subtrees, largest first: one for each bit of _chunks. 2^54 chunks are 2^64 bytes.
    private const int MaxDepth = 54;

    // Chunks that are hashed side by side and joined without the stack: 128 KiB, 8 vectors of 16.
    private const int MaxBatch = 128;

    private readonly uint[] _stack = new uint[MaxDepth * Words];
    private readonly uint[] _batch = new uint[MaxBatch * Words];
    private readonly byte[] _chunk = new byte[ChunkBytes];
    private int _depth;
    private int _chunkLength;
    private ulong _chunks;

    /// <summary>The digest of some bytes.</summary>
    public static Blake3Digest HashData(ReadOnlySpan<byte> data)
    {
        Span<uint> chaining = stackalloc uint[Words];
        if (data.Length <= ChunkBytes)
        {
            Blake3Compression.CompressChunk(data, 0, Blake3Compression.Root, chaining);
            return new Blake3Digest(MemoryMarshal.AsBytes(chaining));
        }

        Blake3 hash = new();
        hash.Update(data);
        return hash.Finish();
    }

    /// <summary>Forgets everything.</summary>
    public void Reset()
    {
        _depth = 0;
        _chunkLength = 0;
        _chunks = 0;
    }

    /// <summary>Adds bytes.</summary>
    public void Update(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            // A chunk is hashed when the byte after it is here: the last one needs another flag if it is the only one.
            if (_chunkLength == ChunkBytes)
            {
                AddChunks(_chunk, 1);
                _chunkLength = 0;
            }

            int whole = Math.Min((data.Length - 1) / ChunkBytes, MaxBatch);
            if (_chunkLength == 0 && whole > 0)
            {
                AddChunks(data, whole);
                data = data[(whole * ChunkBytes)..];
            }

            int take = Math.Min(ChunkBytes - _chunkLength, data.Length);
            if (_chunkLength > 0 || data.Length <= ChunkBytes)
            {
                data[..take].CopyTo(_chunk.AsSpan(_chunkLength));
                _chunkLength += take;
                data = data[take..];
            }
        }
    }

    /// <summary>The digest of what was added so far. More may be added afterwards.</summary>
    public Blake3Digest Finish()
    {
        Span<uint> pair = stackalloc uint[2 * Words];
        Span<uint> right = pair[Words..];
        uint root = _depth == 0 ? Blake3Compression.Root : 0;
        Blake3Compression.CompressChunk(_chunk.AsSpan(0, _chunkLength), _chunks, root, right);
        for (int i = _depth - 1; i >= 0; i--)
        {
            _stack.AsSpan(i * Words, Words).CopyTo(pair);
            Blake3Compression.CompressParent(pair, i == 0 ? Blake3Compression.Root : 0, right);
        }

        return new Blake3Digest(MemoryMarshal.AsBytes(right));
    }

    // Adds chunks, none of them the last of the input.
    private void AddChunks(ReadOnlySpan<byte> data, int count)
    {
        Blake3Lanes.Hash(data, count, Blake3Run.Chunks(_chunks), _batch);
        Span<uint> values = _batch.AsSpan(0, count * Words);
        while (!values.IsEmpty)
        {
            // The largest subtree that begins here: as many chunks as there are, rounded down to a power of two, and no
            // more than the number of chunks before is a multiple of.
            int height = BitOperations.Log2((uint)(values.Length / Words));
            height = _chunks == 0 ? height : Math.Min(height, BitOperations.TrailingZeroCount(_chunks));
            for (int level = height; level > 0; level--)
            {
                Blake3Lanes.Hash(MemoryMarshal.AsBytes(values), 1 << (level - 1), Blake3Run.Parents, values);
            }

            Push(values, height);
            values = values[(Words << height)..];
        }
    }

    // Adds the chaining value of a subtree of 2^height chunks, and joins every pair of one size that this makes.
    private void Push(ReadOnlySpan<uint> value, int height)
    {
        value[..Words].CopyTo(_stack.AsSpan(_depth * Words));
        _depth++;
        _chunks += 1UL << height;
        for (ulong rest = _chunks >> height; (rest & 1) == 0; rest >>= 1)
        {
            Span<uint> pair = _stack.AsSpan((_depth - 2) * Words, 2 * Words);
            Blake3Lanes.HashOne(MemoryMarshal.AsBytes(pair), Blake3Run.Parents, pair);
            _depth--;
        }
    }
}
