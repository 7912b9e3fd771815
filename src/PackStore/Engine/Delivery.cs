using System.Buffers;
using System.Globalization;
using PackStore.Format;
using PackStore.Storage;

namespace PackStore.Engine;

/// <summary>Makes one file of one payload: under a name of its own beside the destination, then renamed.</summary>
internal sealed class Delivery(StoreCore core, string path, DeliveryOptions options, UnixFileMode? storedMode)
{
    private const UnixFileMode AnyWrite = UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
    private readonly UnixFileMode? _mode = options.Mode ?? storedMode;

    /// <summary>From a range of a segment. Blocks are shared where the range starts on one and the file system
    /// can.</summary>
    public DeliveryMethod FromSegment(IStoreFile segment, long offset, long length)
    {
        DeliveryMethod method = DeliveryMethod.Copy;
        Deliver(file =>
        {
            if (options.Link != LinkPolicy.Copy && TryShare(file, segment, offset, length))
            {
                method = DeliveryMethod.Reflink;
                return;
            }

            RefuseUnlessCopyAllowed();
            file.CopyFrom(segment, offset, 0, length);
        });
        return method;
    }

    /// <summary>From a loose file, by any of the ways; through the bytes the lease holds where the file is gone
    /// meanwhile.</summary>
    public DeliveryMethod FromLoose(string name, long length, PayloadBytes bytes)
    {
        if (options.Link == LinkPolicy.HardLink && TryHardLink(name))
        {
            return DeliveryMethod.HardLink;
        }

        using IStoreFile? source = core.Directory.TryOpen(name, writable: false);
        if (source is null || source.Stat().Length != length)
        {
            return FromBytes(bytes.Sequence);
        }

        DeliveryMethod method = DeliveryMethod.Copy;
        Deliver(file =>
        {
            if (options.Link != LinkPolicy.Copy && length > 0 && file.TryCloneFrom(source, 0, 0, length))
            {
                method = DeliveryMethod.Reflink;
                return;
            }

            RefuseUnlessCopyAllowed();
            file.CopyFrom(source, 0, 0, length);
        });
        return method;
    }

    /// <summary>From memory.</summary>
    public DeliveryMethod FromBytes(ReadOnlySequence<byte> bytes)
    {
        RefuseUnlessCopyAllowed();
        Deliver(file =>
        {
            long at = 0;
            foreach (ReadOnlyMemory<byte> piece in bytes)
            {
                file.Write(at, piece.Span);
                at += piece.Length;
            }
        });
        return DeliveryMethod.Copy;
    }

    private static bool TryShare(IStoreFile file, IStoreFile segment, long offset, long length)
    {
        if (offset % FormatLimits.BlockAlignment != 0 || length < FormatLimits.BlockAlignedFrom)
        {
            return false;
        }

        long blocks = (length + FormatLimits.BlockAlignment - 1) & ~(FormatLimits.BlockAlignment - 1L);
        if (!file.TryCloneFrom(segment, offset, 0, blocks))
        {
            return false;
        }

        file.TruncateForeign(length);
        return true;
    }

    /// <summary>A loose file is handed out by its inode only after it was made read-only for everybody.</summary>
    private bool TryHardLink(string name)
    {
        using (IStoreFile? source = core.IsReadOnly ? null : core.Directory.TryOpen(name, writable: false))
        {
            if (source is null)
            {
                return false;
            }

            source.SetAttributes(source.Stat().Mode & ~AnyWrite, null);
        }

        string temporary = TemporaryPath();
        if (!core.Directory.TryLinkOut(name, temporary))
        {
            return false;
        }

        MoveIntoPlace(temporary);
        return true;
    }

    private void Deliver(Action<IStoreFile> write)
    {
        string temporary = TemporaryPath();
        using (IStoreFile file = core.Directory.CreateForeign(temporary, _mode))
        {
            try
            {
                write(file);
                file.SetAttributes(_mode, options.ModifiedAt);
            }
            catch
            {
                File.Delete(temporary);
                throw;
            }
        }

        MoveIntoPlace(temporary);
    }

    private void MoveIntoPlace(string temporary)
    {
        try
        {
            File.Move(temporary, path, options.Overwrite);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    private string TemporaryPath() => Path.Combine(
        Path.GetDirectoryName(Path.GetFullPath(path)) ?? ".",
        string.Create(CultureInfo.InvariantCulture, $".packstore-{(ulong)Random.Shared.NextInt64():x16}"));

    private void RefuseUnlessCopyAllowed()
    {
        if (options.Link == LinkPolicy.Reflink)
        {
            throw new IOException($"{path}: the payload's blocks cannot be shared on this file system.");
        }
    }
}
