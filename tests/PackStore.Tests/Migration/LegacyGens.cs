using FsCheck;
using FsCheck.Fluent;
using PackStore.Migration.Legacy;
using PackStore.Migration.Legacy.Hashing;
using PackStore.Tests.Format;

namespace PackStore.Tests.Migration;

/// <summary>Generators of what the legacy formats can say, likely or not.</summary>
internal static class LegacyGens
{
    /// <summary>Keys as they are, and as they should not be.</summary>
    public static Gen<string> Key { get; } = Gen.Frequency(
        (3, FormatGens.Key.Select(key => key.ToString())), (1, FormatGens.Name));

    public static Gen<ReadOnlyMemory<byte>> Stream { get; } =
        FormatGens.Bytes(0, 60).Select(bytes => (ReadOnlyMemory<byte>)bytes);

    /// <summary>A row with all fields; counts that do not match as well.</summary>
    public static Gen<LegacyRow> Row { get; } =
        from key in Key
        from names in FormatGens.Name.ArrayOf()
        from sizes in FormatGens.Word.ArrayOf()
        from streams in Stream.ListOf(2)
        from words in FormatGens.Word.ListOf(3)
        from verdicts in Verdict.ArrayOf()
        from modes in FormatGens.Word.Select(word => (uint)word).ArrayOf()
        select new LegacyRow
        {
            Key = key,
            Names = names,
            Sizes = sizes,
            Stdout = streams[0],
            Stderr = streams[1],
            ExitCode = (int)words[0],
            TotalSize = words[1],
            StoredAtSeconds = words[2],
            Verdicts = verdicts,
            Modes = modes,
        };

    /// <summary>Rows of one index, at least one.</summary>
    public static Gen<LegacyRow[]> Rows { get; } =
        Gen.Choose(1, 6).SelectMany(count => Row.ListOf(count)).Select(rows => rows.ToArray());

    public static Gen<LegacyMeta> Meta { get; } =
        from shape in Gen.Elements(LegacyMetaShape.A, LegacyMetaShape.B)
        from outputs in Output.ArrayOf()
        from streams in Stream.ListOf(2)
        from exit in FormatGens.Word
        select new LegacyMeta
        {
            Shape = shape,
            Outputs = outputs,
            Stdout = streams[0],
            Stderr = streams[1],
            ExitCode = (int)exit,
        };

    /// <summary>Key and rows of a manifest.</summary>
    public static Gen<(string Key, StagedRow[] Rows)> Manifest { get; } =
        from key in Key
        from rows in StagedRow.ArrayOf()
        select (key, rows);

    /// <summary>A bundle with plain paths, a directory before its files.</summary>
    public static Gen<DirectoryBundle> Bundle { get; } =
        from mode in FormatGens.Word
        from modified in Time
        from files in FormatGens.Bytes(0, 40).ArrayOf()
        from time in Time
        select new DirectoryBundle
        {
            RootMode = (uint)mode,
            RootModified = modified,
            Entries =
            [
                new("d", false, ReadOnlyMemory<byte>.Empty, 0x41ED, time),
                .. files.Select((bytes, i) => new DirectoryBundleEntry($"d/\u00e9 {i}..", true, bytes, (uint)i, time)),
            ],
        };

    private static Gen<LegacyMetaOutput> Output =>
        from name in FormatGens.Name
        from data in Stream
        select new LegacyMetaOutput(name, data);

    private static Gen<StagedRow> StagedRow =>
        from index in FormatGens.Word
        from size in FormatGens.Word
        from digest in FormatGens.Bytes(Blake3Digest.Size, Blake3Digest.Size)
        select new StagedRow(index, size, new Blake3Digest(digest));

    private static Gen<DirectoryBundleTime> Time =>
        from seconds in FormatGens.Word
        from nanoseconds in Gen.Choose(0, 999_999_999)
        select new DirectoryBundleTime(seconds, (uint)nanoseconds);

    private static Gen<ArtifactVerdict> Verdict =>
        from name in FormatGens.Name
        from exit in FormatGens.Word
        from streams in Stream.ListOf(2)
        select new ArtifactVerdict
        {
            Name = name,
            ExitCode = (int)exit,
            StandardOutput = streams[0],
            StandardError = streams[1],
        };
}
