using System.Text;
using PackStore.Engine.Importing;
using PackStore.Migration.Legacy;
using PackStore.Migration.Legacy.Hashing;
using PackStore.Storage.Foreign;

namespace PackStore.Migration.Sources;

/// <summary><c>artifacts/KEY.meta</c>: the oldest layout, everything of an artifact in one file but its time, which is
/// the file's.</summary>
internal sealed class MetaLayout(LegacyRoot root, PayloadFileReader reader)
{
    /// <summary>The longest that is read: it has to be in memory whole.</summary>
    public const long MaxBytes = 512L << 20;

    /// <summary>Whether a key has such a file, or something in its place.</summary>
    public bool Has(string key)
    {
        Span<byte> utf8 = stackalloc byte[LegacyKey.MaxLength + LegacyNames.MetaSuffix.Length];
        return root.Artifacts is not null && root.Names.Contains(utf8[..LegacyNames.Write(utf8, key, ".meta"u8)]);
    }

    /// <summary>Reads a file; returns the reason if it cannot be had.</summary>
    /// <param name="key">The key in its name.</param>
    /// <param name="meta">What it says.</param>
    /// <param name="modifiedUnixMs">When it was written.</param>
    /// <param name="into">Its outputs.</param>
    public string? Read(string key, out LegacyMeta? meta, out long modifiedUnixMs, EntryPayloads into)
    {
        meta = null;
        string name = key + LegacyNames.MetaSuffix;
        into.Source = $"{LegacyNames.Artifacts}/{name}";
        ForeignStatus status = root.Artifacts!.Examine(name, out ForeignFacts facts);
        modifiedUnixMs = facts.ModifiedUnixMs;
        if (status != ForeignStatus.Ok || facts.Kind != ForeignKind.File)
        {
            return status == ForeignStatus.Ok ? SkipReasons.Kind : SkipReasons.Of(status);
        }

        if (facts.Length > MaxBytes)
        {
            return SkipReasons.TooLarge;
        }

        Memory<byte> bytes = reader.Arena.Take((int)facts.Length);
        status = root.Artifacts.Read(Encoding.UTF8.GetBytes(name), bytes.Span, out int read);
        if (status != ForeignStatus.Ok || read != bytes.Length)
        {
            return status == ForeignStatus.Ok ? SkipReasons.Size : SkipReasons.Of(status);
        }

        Blake3Digest? digest = BlobDigests.Find(root, name, out SourceFile digestFile);
        if (digest is { } recorded && Blake3.HashData(bytes.Span) != recorded)
        {
            return SkipReasons.Digest;
        }

        if (!LegacyMetaReader.TryRead(bytes, out meta, out _))
        {
            return SkipReasons.Meta;
        }

        foreach (LegacyMetaOutput output in meta!.Outputs)
        {
            into.Outputs.Add(new ImportedOutput(output.Name, null, output.Data));
            into.Bytes += output.Data.Length;
        }

        into.IsDigestChecked = digest is not null;
        if (digest is not null)
        {
            into.Files.Add(digestFile);
        }

        into.Files.Add(new SourceFile(LegacyNames.Artifacts, name, read));

        return null;
    }
}
