using System.IO.Hashing;
using PackStore.Format;
using PackStore.Storage;

namespace PackStore.Loose;

/// <summary>Makes loose payloads of files that are there already: shares their blocks, their inode, or
/// copies.</summary>
internal sealed class LooseAdopter(LooseTier tier)
{
    private readonly IStoreDirectory _directory = tier.Directory;

    /// <summary>Makes a loose payload of a caller's file: shares blocks, shares the inode if asked for, else
    /// copies.</summary>
    public LooseFile Adopt(in ArtifactKey key, int index, string path, FileAdoption adoption)
    {
        using IStoreFile source = _directory.OpenForeign(path);
        FileStamp before = source.Stat();
        if (adoption == FileAdoption.HardLink && TryLink(key, index, path, source, out LooseFile linked))
        {
            return linked;
        }

        using LooseWriter writer = tier.CreateWriter(key);
        writer.Charge(before.Length);
        if (adoption == FileAdoption.Copy || !writer.File.TryCloneFrom(source, 0, 0, before.Length))
        {
            writer.CopyFrom(source, 0, before.Length);
        }

        // The checksum is of the bytes we now own, so a change of the source meanwhile cannot come between.
        if (!LooseHash.TryOf(writer.File, before.Length, out ulong checksum)
            || writer.File.Stat().Length != before.Length)
        {
            throw new IOException($"{path} changed while it was adopted.");
        }

        return writer.FinishAdopted(index, before.Length, checksum, sharesInode: false);
    }

    /// <summary>Makes a loose payload of bytes of an open file: shares blocks, links it where that was asked for and
    /// can be, else copies. Whoever looks on sees the bytes that are kept.</summary>
    /// <param name="key">The key.</param>
    /// <param name="index">Which payload of it.</param>
    /// <param name="source">The file.</param>
    /// <param name="offset">Where they start there.</param>
    /// <param name="length">How many they are; all of the file, if it is to be linked.</param>
    /// <param name="linkFrom">The path of the file if it is its only one and the caller will remove it and then call
    /// <see cref="Own"/>; null to leave the file alone.</param>
    /// <param name="visit">Told of all bytes in order.</param>
    public LooseFile Take(
        in ArtifactKey key, int index, IStoreFile source, long offset, long length, string? linkFrom,
            LooseVisitor visit)
    {
        using LooseWriter writer = StartTake(key, source, offset, length, linkFrom);
        XxHash3 hash = new();
        bool isWhole = LooseHash.TryVisit(writer.File, 0, length, bytes =>
        {
            hash.Append(bytes);
            visit(bytes);
        });
        return isWhole && writer.File.Stat().Length == length
            ? writer.FinishAdopted(index, length, hash.GetCurrentHashAsUInt64(), sharesInode: false)
            : throw new IOException($"{source.Name} changed while it was adopted.");
    }

    /// <summary>Gives a file an inode of its own if others have names of it. Who has it mapped keeps the old one, whose
    /// bytes are the same.</summary>
    public void Own(string name)
    {
        using IStoreFile? file = _directory.TryOpen(name, writable: false);
        if (file is null || file.Stat() is not { Links: > 1 } shared)
        {
            return;
        }

        string folder = name[..name.LastIndexOf('/')];
        string temporary = $"{folder}/{Random.Shared.NextInt64():x16}{StoreFileNames.TemporarySuffix}";
        tier.Claims.Add(temporary);
        try
        {
            CopyOver(file, shared.Length, temporary, name);
        }
        finally
        {
            tier.Claims.Remove(temporary);
        }

        _directory.SyncDirectory(folder);
        tier.Forget(name);
    }

    private void CopyOver(IStoreFile file, long length, string temporary, string name)
    {
        using IStoreFile copy = _directory.Create(temporary);
        try
        {
            copy.CopyFrom(file, 0, 0, length);
            copy.Sync();
            _directory.Replace(temporary, name);
        }
        catch (IOException)
        {
            _directory.Delete(temporary);
            throw;
        }
    }

    private bool TryLink(in ArtifactKey key, int index, string path, IStoreFile source, out LooseFile linked)
    {
        linked = default;
        using LooseWriter? writer = TryLinkTemporary(key, path, source);
        if (writer is null || !LooseHash.TryOf(writer.File, source.Stat().Length, out ulong checksum))
        {
            return false;
        }

        writer.Charge(writer.File.Stat().Length);
        linked = writer.FinishAdopted(index, writer.File.Stat().Length, checksum, sharesInode: true);
        return true;
    }

    // Shared blocks are best: an inode of its own, and no copy.
    private LooseWriter StartTake(in ArtifactKey key, IStoreFile source, long offset, long length, string? linkFrom)
    {
        LooseWriter writer = tier.CreateWriter(key);
        try
        {
            writer.Charge(length);
            if (writer.File.TryCloneFrom(source, offset, 0, length))
            {
                return writer;
            }

            if (linkFrom is not null && TryLinkTemporary(key, linkFrom, source) is { } linked)
            {
                linked.Charge(length);
                writer.Dispose();
                writer = linked;
                writer.Charge(length);
                return writer;
            }

            writer.CopyFrom(source, offset, length);
            return writer;
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    private LooseWriter? TryLinkTemporary(in ArtifactKey key, string path, IStoreFile source)
    {
        string temporary = tier.ClaimTemporary(key);
        LooseWriter? writer = null;
        try
        {
            if (!_directory.TryLinkForeign(path, temporary))
            {
                return null;
            }

            IStoreFile? file = _directory.TryOpen(temporary, writable: false);
            if (file is not null && IsSame(file, source))
            {
                writer = new LooseWriter(tier, key, temporary, file);
                return writer;
            }

            file?.Dispose();
            _directory.Delete(temporary);
            return null;
        }
        finally
        {
            if (writer is null)
            {
                tier.Claims.Remove(temporary);
            }
        }
    }

    private static bool IsSame(IStoreFile a, IStoreFile b) =>
        a.Stat() is var x && b.Stat() is var y && x.Device == y.Device && x.Inode == y.Inode;
}
