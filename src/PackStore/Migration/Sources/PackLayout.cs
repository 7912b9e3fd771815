using PackStore.Engine.Importing;
using PackStore.Migration.Legacy;
using PackStore.Migration.Legacy.Hashing;
using PackStore.Storage;
using PackStore.Storage.Foreign;

namespace PackStore.Migration.Sources;

/// <summary><c>artifacts/KEY.pack</c>: all outputs in one file, found by the ranges at its front. All of it is used or
/// nothing.</summary>
internal sealed class PackLayout(LegacyRoot root, PayloadFileReader reader)
{
    // A directory for so many outputs is read along with the front.
    private const int FrontBytes = 1024;

    /// <summary>Reads all outputs of a row; returns the reason if one cannot be had, <see cref="SkipReasons.Missing"/>
    /// if there is no pack.</summary>
    public string? Read(in ArtifactKey key, LegacyRow row, EntryPayloads into)
    {
        string name = row.Key + LegacyNames.PackSuffix;
        Span<byte> utf8 = stackalloc byte[LegacyKey.MaxLength + LegacyNames.PackSuffix.Length];
        ForeignStatus status = root.Names.FindFile(utf8[..LegacyNames.Write(utf8, row.Key, ".pack"u8)]);
        IStoreFile? file = null;
        if (status != ForeignStatus.Ok
            || (status = root.Artifacts!.TryOpen(name, out file)) != ForeignStatus.Ok)
        {
            return SkipReasons.Of(status);
        }

        using (file)
        {
            return ReadOpen(file!, name, key, row, into);
        }
    }

    private string? ReadOpen(IStoreFile file, string name, in ArtifactKey key, LegacyRow row, EntryPayloads into)
    {
        long length;
        LegacyRange[] ranges;
        Blake3Digest? digest = BlobDigests.Find(root, name, out SourceFile digestFile);
        try
        {
            length = file.Stat().Length;
            if (!TryReadRanges(file, length, row, out ranges))
            {
                return SkipReasons.Pack;
            }

            if (digest is { } recorded && !BlobDigests.Matches(file, length, recorded))
            {
                return SkipReasons.Digest;
            }
        }
        catch (IOException)
        {
            return SkipReasons.Unreadable;
        }

        for (int i = 0; i < ranges.Length; i++)
        {
            ExpectedOutput output = new(key, i, row.Names[i], RowModes.Of(row, i), row.Sizes[i], null);
            string? reason = ranges[i].Length >= reader.Target.LooseFrom
                ? reader.Take(file, ranges[i].Offset, null, output, into)
                : ReadRange(file, ranges[i], output, into);
            if (reason is not null)
            {
                return reason;
            }
        }

        into.IsDigestChecked = digest is not null;
        into.Source = $"{LegacyNames.Artifacts}/{name}";
        if (digest is not null)
        {
            into.Files.Add(digestFile);
        }

        into.Files.Add(new SourceFile(LegacyNames.Artifacts, name, length));

        return null;
    }

    private string? ReadRange(IStoreFile file, LegacyRange range, in ExpectedOutput output, EntryPayloads into)
    {
        Memory<byte> bytes = reader.Arena.Take((int)range.Length);
        try
        {
            if (file.Read(range.Offset, bytes.Span) != bytes.Length)
            {
                return SkipReasons.Pack;
            }
        }
        catch (IOException)
        {
            return SkipReasons.Unreadable;
        }

        into.Outputs.Add(new ImportedOutput(output.Name, output.Mode, bytes));
        into.Bytes += bytes.Length;
        return null;
    }

    // The count is compared with the row's before a directory of that length is read.
    private bool TryReadRanges(IStoreFile file, long length, LegacyRow row, out LegacyRange[] ranges)
    {
        ranges = [];
        Span<byte> front = stackalloc byte[FrontBytes];
        front = front[..file.Read(0, front)];
        if (!LegacyPackReader.TryReadFront(front, length, out uint count, out long directoryBytes, out _)
            || count != (uint)row.Sizes.Count || directoryBytes > int.MaxValue)
        {
            return false;
        }

        if (directoryBytes > front.Length)
        {
            front = reader.Arena.Take((int)directoryBytes).Span;
            front = front[..file.Read(0, front)];
        }

        return LegacyPackReader.TryReadDirectory(front, length, out ranges, out _)
            && LegacyPackReader.FindProblem(ranges, row.Sizes) == LegacyProblem.None;
    }
}
