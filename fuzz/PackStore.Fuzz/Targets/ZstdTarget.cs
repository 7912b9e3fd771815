using System.Buffers;
using System.Buffers.Binary;
using PackStore.Payloads;

namespace PackStore.Fuzz.Targets;

/// <summary>An encoded payload. The first 8 bytes of an input are the length that its descriptor says.</summary>
internal sealed class ZstdTarget : IFuzzTarget
{
    // Longer ones are only asked whether they are plausible: what they decode to is the writer's word.
    private const int MaxDecoded = 64 << 10;
    private readonly byte[] _decoded = new byte[MaxDecoded];

    public string Name => "zstd";

    public IReadOnlyList<byte[]> Seeds() => [Seed(100, 1), Seed(4096, 7), Seed(40_000, 251)];

    public bool Run(ReadOnlySpan<byte> input)
    {
        if (input.Length < sizeof(long))
        {
            return false;
        }

        long length = BinaryPrimitives.ReadInt64LittleEndian(input);
        ReadOnlySpan<byte> frame = input[sizeof(long)..];
        if (!PayloadCodec.IsPlausible(frame, length) || length is < 0 or > MaxDecoded)
        {
            return false;
        }

        Span<byte> decoded = _decoded.AsSpan(0, (int)length);
        if (!PayloadCodec.TryDecompress(frame, decoded))
        {
            return false;
        }

        byte[] bytes = decoded.ToArray();
        if (PayloadCodec.TryCompress(new ReadOnlySequence<byte>(bytes)) is { } again)
        {
            FuzzFailureException.Require(
                PayloadCodec.IsPlausible(again, length) && PayloadCodec.TryDecompress(again, decoded)
                    && decoded.SequenceEqual(bytes),
                "encodes again");
        }

        return true;
    }

    public void Repair(Span<byte> input)
    {
        // A frame has no checksum of its own: the descriptor's covers it.
    }

    private static byte[] Seed(int length, int period)
    {
        byte[] bytes = [.. Enumerable.Range(0, length).Select(i => (byte)(i % period))];
        byte[] frame = PayloadCodec.TryCompress(new ReadOnlySequence<byte>(bytes))
            ?? throw new FuzzFailureException("a sample compresses");
        byte[] seed = new byte[sizeof(long) + frame.Length];
        BinaryPrimitives.WriteInt64LittleEndian(seed, length);
        frame.CopyTo(seed, sizeof(long));
        return seed;
    }
}
