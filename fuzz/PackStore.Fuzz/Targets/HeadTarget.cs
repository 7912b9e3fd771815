using System.Buffers.Binary;
using PackStore.Format;

namespace PackStore.Fuzz.Targets;

/// <summary>The words of HEAD: any word is a place, and only of a page that is this store's does it mean one.</summary>
internal sealed class HeadTarget : IFuzzTarget
{
    public string Name => "head";

    public IReadOnlyList<byte[]> Seeds() =>
    [
        Seed(new RecordLocation(1, 256), default), Seed(new RecordLocation(7, 1 << 30), new RecordLocation(7, 4096)),
        new byte[HeadLayout.Size],
    ];

    public bool Run(ReadOnlySpan<byte> input)
    {
        if (input.Length < HeadLayout.Size)
        {
            return false;
        }

        foreach (int at in (ReadOnlySpan<int>)[HeadLayout.CommittedOffset, HeadLayout.DirectoryOffset])
        {
            ulong word = BinaryPrimitives.ReadUInt64LittleEndian(input[at..]);
            RecordLocation place = HeadWords.Unpack(word);
            FuzzFailureException.Require(HeadWords.Pack(place) == word, "a place packs again");
            FuzzFailureException.Require(
                place.Offset >= 0 && place.Offset % FormatLimits.RecordAlignment == 0, "a place is on a line");
        }

        return BinaryPrimitives.ReadUInt64LittleEndian(input) == HeadWords.Magic;
    }

    public void Repair(Span<byte> input)
    {
        if (input.Length >= sizeof(ulong))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(input, HeadWords.Magic);
        }
    }

    private static byte[] Seed(RecordLocation committed, RecordLocation directory)
    {
        byte[] page = new byte[HeadLayout.Size];
        BinaryPrimitives.WriteUInt64LittleEndian(page, HeadWords.Magic);
        Samples.Store.StoreId.TryWriteBytes(page.AsSpan(HeadLayout.StoreIdOffset));
        BinaryPrimitives.WriteUInt64LittleEndian(
            page.AsSpan(HeadLayout.CommittedOffset), HeadWords.Pack(committed));
        BinaryPrimitives.WriteUInt64LittleEndian(
            page.AsSpan(HeadLayout.DirectoryOffset), HeadWords.Pack(directory));
        return page;
    }
}
