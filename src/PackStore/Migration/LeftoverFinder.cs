using PackStore.Engine.Importing;
using PackStore.Loose;
using PackStore.Migration.Legacy;
using PackStore.Migration.Legacy.Hashing;
using PackStore.Migration.Sources;
using PackStore.Storage;
using PackStore.Storage.Foreign;

namespace PackStore.Migration;

/// <summary>Finds what a run that was stopped left of an entry that it had moved. A file counts only if the store holds
/// its very bytes.</summary>
internal sealed class LeftoverFinder(LegacyRoot root, IImportTarget target)
{
    /// <summary>The files to delete; none if any of those that are there holds something else.</summary>
    public IReadOnlyList<SourceFile> Find(in ArtifactKey key, LegacyRow row, in ImportClaim claim)
    {
        List<SourceFile> files = [];
        if (root.Artifacts is null || !TryAddFlat(key, row, claim, files) || !TryAddStaged(key, row, claim, files))
        {
            return [];
        }

        return files;
    }

    private bool TryAddFlat(in ArtifactKey key, LegacyRow row, in ImportClaim claim, List<SourceFile> files)
    {
        for (int i = 0; i < row.Names.Count; i++)
        {
            string name = LegacyNames.Flat(row.Key, i);
            if (!TryAdd(root.Artifacts!, LegacyNames.Artifacts, name, i, key, row, claim, files))
            {
                return false;
            }

            if (root.HasDigests)
            {
                files.Add(new SourceFile(LegacyNames.Artifacts, CowHash.FileNameFor(name), Blake3Digest.Size));
            }
        }

        return true;
    }

    private bool TryAddStaged(in ArtifactKey key, LegacyRow row, in ImportClaim claim, List<SourceFile> files)
    {
        string pointer = row.Key + LegacyNames.PointerSuffix;
        Span<byte> text = stackalloc byte[StagedManifestReader.MaxPointerBytes + 1];
        byte[] utf8 = System.Text.Encoding.UTF8.GetBytes(pointer);
        if (root.Staged is null || root.Pointers.FindFile(utf8) != ForeignStatus.Ok
            || root.Staged.Read(utf8, text, out int length) != ForeignStatus.Ok
            || !StagedManifestReader.TryReadPointer(text[..length], out Blake3Digest generation, out _))
        {
            return true;
        }

        string place = $"{LegacyNames.StagedPath}/{row.Key}/{generation}";
        if (ForeignPaths.TryOpen(root.Staged, $"{row.Key}/{generation}", out IForeignDirectory? directory))
        {
            using (directory)
            {
                for (int i = 0; i < row.Names.Count; i++)
                {
                    if (!TryAdd(directory, place, LegacyNames.Output(i), i, key, row, claim, files))
                    {
                        return false;
                    }

                    files.Add(new SourceFile(place, CowHash.FileNameFor(LegacyNames.Output(i)), Blake3Digest.Size));
                }
            }

            files.Add(new SourceFile(place, LegacyNames.Manifest, 0));
        }

        files.Add(new SourceFile(LegacyNames.StagedPath, pointer, length));
        files.Add(new SourceFile($"{LegacyNames.StagedPath}/{row.Key}", LegacyNames.PublishLock, 0));
        return true;
    }

    private bool TryAdd(
        IForeignDirectory directory, string place, string name, int output, in ArtifactKey key, LegacyRow row,
        in ImportClaim claim, List<SourceFile> files)
    {
        ForeignStatus status = directory.TryOpen(name, out IStoreFile? file);
        if (status != ForeignStatus.Ok)
        {
            return status == ForeignStatus.Absent;
        }

        using (file)
        {
            long length = (long)row.Sizes[output];
            try
            {
                if (file!.Stat().Length != length || !LooseHash.TryOf(file, length, out ulong checksum)
                    || !target.HoldsPayload(key, claim, output, length, checksum))
                {
                    return false;
                }
            }
            catch (IOException)
            {
                // What cannot be compared stays where it is.
                return false;
            }

            files.Add(new SourceFile(place, name, length, output));
            return true;
        }
    }
}
