using PackStore.Migration.Legacy;
using PackStore.Storage.Foreign;

namespace PackStore.Migration.Sources;

/// <summary><c>artifacts/KEY_I</c>: one file an output, as many as the row has, each as long as the row says. Only a
/// digest beside it could tell bytes that a tool changed in place.</summary>
internal sealed class FlatLayout(LegacyRoot root, PayloadFileReader reader)
{
    // A key, an underscore and the digits of a number.
    private const int MaxNameBytes = LegacyKey.MaxLength + 12;

    /// <summary>Reads all outputs of a row; returns the reason if one cannot be had.</summary>
    public string? Read(in ArtifactKey key, LegacyRow row, EntryPayloads into)
    {
        Span<byte> name = stackalloc byte[MaxNameBytes];
        bool isChecked = true;
        for (int i = 0; i < row.Names.Count; i++)
        {
            int length = LegacyNames.WriteFlat(name, row.Key, i);
            ForeignStatus status = root.Names.FindFile(name[..length]);
            if (status != ForeignStatus.Ok)
            {
                return SkipReasons.Of(status);
            }

            SourceFile digestFile = default;
            Legacy.Hashing.Blake3Digest? digest = root.HasDigests
                ? BlobDigests.Find(root, LegacyNames.Flat(row.Key, i), out digestFile)
                : null;
            ExpectedOutput output = new(key, i, row.Names[i], RowModes.Of(row, i), row.Sizes[i], digest);
            if (reader.Read(root.Artifacts!, name[..length], isListed: true, output, into) is { } reason)
            {
                return reason;
            }

            isChecked &= digest is not null;
            if (digest is not null)
            {
                into.Files.Add(digestFile);
            }

            into.Files.Add(new SourceFile(
                LegacyNames.Artifacts, LegacyNames.Flat(row.Key, i), (long)row.Sizes[i], i));
        }

        into.IsDigestChecked = isChecked;
        into.Source = $"{LegacyNames.Artifacts}/{LegacyNames.Flat(row.Key, 0)}";
        return null;
    }
}
