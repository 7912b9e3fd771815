using System.Buffers.Binary;
using PackStore.Engine;
using PackStore.Format;

namespace PackStore.Fuzz.Targets;

/// <summary>What a read-only process left of its uses: <c>index/*.use</c>.</summary>
internal sealed class UsesTarget : IFuzzTarget
{
    private const int FrontBytes = 16;
    private const int EntryBytes = 10;

    public string Name => "uses";

    public IReadOnlyList<byte[]> Seeds() => [Seed(0), Seed(1), Seed(60)];

    public bool Run(ReadOnlySpan<byte> input)
    {
        if (!RecencyInbox.IsSound(input))
        {
            return false;
        }

        List<KeyValuePair<ulong, ushort>> used = [];
        for (int at = FrontBytes; at + EntryBytes <= input.Length; at += EntryBytes)
        {
            used.Add(new(
                BinaryPrimitives.ReadUInt64LittleEndian(input[at..]),
                BinaryPrimitives.ReadUInt16LittleEndian(input[(at + sizeof(ulong))..])));
        }

        byte[] again = RecencyInbox.Encode([.. used]);
        FuzzFailureException.Require(
            RecencyInbox.IsSound(again) && again.AsSpan(FrontBytes).SequenceEqual(input[FrontBytes..again.Length]),
            "encodes again");
        return true;
    }

    public void Repair(Span<byte> input)
    {
        if (input.Length >= FrontBytes)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(input, RecencyInbox.Magic);
            BinaryPrimitives.WriteUInt64LittleEndian(input[8..], Checksum.Of(input[FrontBytes..]));
        }
    }

    private static byte[] Seed(int uses) => RecencyInbox.Encode(
        [.. Enumerable.Range(1, uses).Select(i => new KeyValuePair<ulong, ushort>((ulong)i << 50, (ushort)i))]);
}
