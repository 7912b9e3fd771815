using System.Text;
using PackStore.Migration.Legacy;
using PackStore.Migration.Legacy.Hashing;
using PackStore.Storage.Foreign;

namespace PackStore.Migration.Sources;

/// <summary>
/// <c>.staged-v2</c>: a pointer leads to a generation, whose manifest has a digest for every output. What is wrong
/// behind a pointer is a miss: bytes that are less checked do not step in.
/// </summary>
internal sealed class StagedLayout(LegacyRoot root, PayloadFileReader reader)
{
    // Real manifests have some hundred bytes; this is room for a hundred thousand outputs.
    private const long MaxManifestBytes = 16 << 20;

    /// <summary>Whether a key has a pointer, or nobody can tell.</summary>
    public bool Has(string key)
    {
        if (root.HasWrongStaged)
        {
            return true;
        }

        Span<byte> utf8 = stackalloc byte[LegacyKey.MaxLength + LegacyNames.PointerSuffix.Length];
        return root.Pointers.Contains(utf8[..LegacyNames.Write(utf8, key, ".current"u8)]);
    }

    /// <summary>Reads all outputs of a row; returns the reason if one cannot be had.</summary>
    public string? Read(in ArtifactKey key, LegacyRow row, EntryPayloads into) =>
        ReadGeneration(key, row.Key, row, into);

    /// <summary>Reads a generation that has no row, to find out whether it is sound.</summary>
    public bool IsSound(in ArtifactKey key, string keyText, EntryPayloads into) =>
        ReadGeneration(key, keyText, null, into) is null;

    private string? ReadGeneration(in ArtifactKey key, string keyText, LegacyRow? row, EntryPayloads into)
    {
        string pointer = keyText + LegacyNames.PointerSuffix;
        if (root.Staged is null || !TryReadPointer(pointer, out Blake3Digest generation, out int pointerBytes))
        {
            return SkipReasons.Staged;
        }

        string path = $"{keyText}/{generation}";
        if (!ForeignPaths.TryOpen(root.Staged, path, out IForeignDirectory? directory))
        {
            directory?.Dispose();
            return SkipReasons.Staged;
        }

        using (directory)
        {
            if (TryReadManifest(directory, keyText, generation, out long manifestBytes) is not { } outputs
                || (row is not null && StagedManifest.FindProblem(outputs, row.Sizes) != LegacyProblem.None))
            {
                return SkipReasons.Staged;
            }

            string place = $"{LegacyNames.StagedPath}/{path}";
            for (int i = 0; i < outputs.Count; i++)
            {
                ExpectedOutput output = new(
                    key, i, row is null ? "" : row.Names[i], row is null ? null : RowModes.Of(row, i), outputs[i].Size,
                    outputs[i].Digest);
                string name = LegacyNames.Output(i);
                if (reader.Read(directory, Encoding.UTF8.GetBytes(name), isListed: false, output, into) is { } reason)
                {
                    return reason;
                }

                into.Files.Add(new SourceFile(place, CowHash.FileNameFor(name), Blake3Digest.Size));
                into.Files.Add(new SourceFile(place, name, (long)outputs[i].Size, i));
            }

            // What leads to the outputs goes after them, so that a run that was stopped in between finds them again.
            into.Files.Add(new SourceFile(place, LegacyNames.Manifest, manifestBytes));
            into.Files.Add(new SourceFile(LegacyNames.StagedPath, pointer, pointerBytes));
            into.Files.Add(new SourceFile($"{LegacyNames.StagedPath}/{keyText}", LegacyNames.PublishLock, 0));
            into.Source = place;
            into.IsDigestChecked = true;
            return null;
        }
    }

    private bool TryReadPointer(string name, out Blake3Digest generation, out int length)
    {
        generation = default;
        length = 0;
        Span<byte> text = stackalloc byte[StagedManifestReader.MaxPointerBytes + 1];
        byte[] utf8 = Encoding.UTF8.GetBytes(name);
        return root.Pointers.FindFile(utf8) == ForeignStatus.Ok
            && root.Staged!.Read(utf8, text, out length) == ForeignStatus.Ok
            && StagedManifestReader.TryReadPointer(text[..length], out generation, out _);
    }

    private IReadOnlyList<StagedRow>? TryReadManifest(
        IForeignDirectory directory, string key, in Blake3Digest generation, out long length)
    {
        length = 0;
        if (directory.Examine(LegacyNames.Manifest, out ForeignFacts facts) != ForeignStatus.Ok
            || facts.Kind != ForeignKind.File || facts.Length > MaxManifestBytes)
        {
            return null;
        }

        Memory<byte> bytes = reader.Arena.Take((int)facts.Length);
        if (directory.Read("manifest.bin"u8, bytes.Span, out int read) != ForeignStatus.Ok || read != bytes.Length
            || !StagedManifestReader.TryRead(bytes.Span, out StagedManifest? manifest, out _)
            || manifest!.FindProblem(key, generation) != LegacyProblem.None)
        {
            return null;
        }

        length = read;
        return manifest.OutputsInOrder();
    }
}
