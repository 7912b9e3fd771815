namespace PackStore.Format;

/// <summary>Offsets and sizes of the fields of HEAD: a hint, each 8-byte word written whole.</summary>
internal static class HeadLayout
{
    public const int MagicOffset = 0;
    public const int MagicSize = 8;
    public const int StoreIdOffset = 8;
    public const int StoreIdSize = 16;
    public const int BootIdOffset = 24;
    public const int BootIdSize = 16;
    public const int GenerationOffset = 40;
    public const int GenerationSize = 8;
    public const int CommittedOffset = 48;
    public const int CommittedSize = 8;
    public const int DirectoryOffset = 56;
    public const int DirectorySize = 8;
    public const int WriterOffset = 64;
    public const int WriterSize = 8;
    public const int Size = 72;
}

/// <summary>The words of HEAD and how a place is packed into one.</summary>
internal static class HeadWords
{
    /// <summary>"PKHEAD01" as bytes.</summary>
    public const ulong Magic = 0x3130_4441_4548_4B50;

    public const int MagicWord = HeadLayout.MagicOffset / 8;
    public const int StoreIdWord = HeadLayout.StoreIdOffset / 8;
    public const int BootIdWord = HeadLayout.BootIdOffset / 8;
    public const int GenerationWord = HeadLayout.GenerationOffset / 8;
    public const int CommittedWord = HeadLayout.CommittedOffset / 8;
    public const int DirectoryWord = HeadLayout.DirectoryOffset / 8;
    public const int WriterWord = HeadLayout.WriterOffset / 8;

    /// <summary>Segment in the upper half, offset in lines of 64 bytes in the lower.</summary>
    public static ulong Pack(RecordLocation place) => ((ulong)(uint)place.SegmentId << 32) | (uint)(place.Offset >> 6);

    /// <summary>The place a word stands for.</summary>
    public static RecordLocation Unpack(ulong word) => new((int)(word >> 32), (long)(uint)word << 6);
}
