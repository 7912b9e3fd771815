using System.Globalization;

namespace PackStore.Format;

/// <summary>Every name a store uses, made of numbers and hexadecimal digits only: nothing a caller passes becomes a
/// path.</summary>
internal static class StoreFileNames
{
    public const string Store = "STORE";
    public const string Lock = "LOCK";
    public const string Head = "HEAD";
    public const string Checkpoint = "CHECKPOINT";
    public const string CheckpointOld = "CHECKPOINT.old";
    public const string CheckpointNew = "CHECKPOINT.new";
    public const string StoreNew = "STORE.new";
    public const string Pins = "PINS";
    public const string PinsNew = "PINS.new";
    public const string Segments = "segments";
    public const string Index = "index";
    public const string Loose = "loose";
    public const string Quarantine = "quarantine";
    public const string SegmentSuffix = ".seg";
    public const string SnapshotSuffix = ".idx";
    public const string TemporarySuffix = ".tmp";

    /// <summary><c>segments/0000002a.seg</c></summary>
    public static string Segment(int id) =>
        string.Create(CultureInfo.InvariantCulture, $"{Segments}/{id:x8}{SegmentSuffix}");

    /// <summary><c>segments/00000000deadbeef.tmp</c>: a segment that is not complete and has no number yet.</summary>
    public static string SegmentTemporary(ulong number) =>
        string.Create(CultureInfo.InvariantCulture, $"{Segments}/{number:x16}{TemporarySuffix}");

    /// <summary>Whether the last component of a name is that of a file being written: 16 digits and the
    /// suffix.</summary>
    public static bool IsTemporary(string name) =>
        name.Length == 16 + TemporarySuffix.Length && name.EndsWith(TemporarySuffix, StringComparison.Ordinal)
        && ulong.TryParse(name.AsSpan(0, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _);

    /// <summary><c>index/000000000000002a.idx</c></summary>
    public static string Snapshot(ulong generation) =>
        string.Create(CultureInfo.InvariantCulture, $"{Index}/{generation:x16}{SnapshotSuffix}");

    /// <summary><c>loose/ab</c>, the first byte of the key.</summary>
    public static string LooseDirectory(ReadOnlySpan<byte> key) =>
        string.Create(CultureInfo.InvariantCulture, $"{Loose}/{key[0]:x2}");

    /// <summary><c>loose/ab/abcd_0</c>, or <c>loose/ab/abcd_0.2a</c> when the plain name is taken by an older
    /// version.</summary>
    public static string LooseFile(ReadOnlySpan<byte> key, int index, uint generation)
    {
        string hex = Convert.ToHexStringLower(key);
        return generation == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{LooseDirectory(key)}/{hex}_{index}")
            : string.Create(CultureInfo.InvariantCulture, $"{LooseDirectory(key)}/{hex}_{index}.{generation:x}");
    }

    /// <summary>Whether the last component of a name is that of a directory of loose files.</summary>
    public static bool IsLooseDirectory(string name) =>
        name.Length == 2 && char.IsAsciiHexDigit(name[0]) && char.IsAsciiHexDigit(name[1])
        && !char.IsAsciiLetterUpper(name[0]) && !char.IsAsciiLetterUpper(name[1]);

    /// <summary>Reads what a loose payload's full name says; false for any other spelling.</summary>
    public static bool TryParseLoose(string name, out ArtifactKey key, out int index, out uint generation)
    {
        (key, index, generation) = (default, 0, 0);
        int slash = name.LastIndexOf('/');
        int underscore = name.IndexOf('_', slash + 1);
        int dot = name.IndexOf('.', slash + 1);
        int end = dot < 0 ? name.Length : dot;
        return underscore > 0 && underscore < end
            && ArtifactKey.TryParse(name.AsSpan(slash + 1, underscore - slash - 1), out key)
            && int.TryParse(
                name.AsSpan(underscore + 1, end - underscore - 1), NumberStyles.None, CultureInfo.InvariantCulture,
                out index)
            && (dot < 0 || uint.TryParse(
                name.AsSpan(dot + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out generation))
            && name == LooseFile(key.Bytes, index, generation);
    }

    /// <summary><c>loose/ab/00000000deadbeef.tmp</c>: a loose file that no record names yet.</summary>
    public static string LooseTemporary(ReadOnlySpan<byte> key, ulong number) =>
        string.Create(CultureInfo.InvariantCulture, $"{LooseDirectory(key)}/{number:x16}{TemporarySuffix}");

    /// <summary><c>quarantine/0000002a.seg</c>, or <c>quarantine/0000002a.seg.1</c> if that is taken: where repair puts
    /// a file of the store.</summary>
    public static string Quarantined(string name, int number)
    {
        string last = name[(name.LastIndexOf('/') + 1)..];
        return number == 0
            ? $"{Quarantine}/{last}"
            : string.Create(CultureInfo.InvariantCulture, $"{Quarantine}/{last}.{number}");
    }

    /// <summary>Reads a segment's number from the last component of its name.</summary>
    public static bool TryParseSegment(string name, out int id)
    {
        id = 0;
        return name.Length == 8 + SegmentSuffix.Length && name.EndsWith(SegmentSuffix, StringComparison.Ordinal)
            && int.TryParse(name.AsSpan(0, 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out id)
            && id is > 0 and <= FormatLimits.MaxSegmentId && name == Segment(id)[(Segments.Length + 1)..];
    }

    /// <summary>Reads a snapshot's generation from the last component of its name.</summary>
    public static bool TryParseSnapshot(string name, out ulong generation)
    {
        generation = 0;
        return name.Length == 16 + SnapshotSuffix.Length && name.EndsWith(SnapshotSuffix, StringComparison.Ordinal)
            && ulong.TryParse(name.AsSpan(0, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture,
                out generation)
            && name == Snapshot(generation)[(Index.Length + 1)..];
    }
}
