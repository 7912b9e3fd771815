using System.Security.Cryptography;
using PackStore.Tools.Files;

namespace PackStore.Tools.Delivery;

/// <summary>Makes one file of one output.</summary>
internal static class FileDelivery
{
    private const UnixFileMode Permissions = (UnixFileMode)0x1FF;

    /// <summary>
    /// Delivers under a name of its own and renames, so that a file at <paramref name="path"/> is whole or not there
    /// and a
    /// link at <paramref name="path"/> is replaced instead of followed.
    /// </summary>
    public static DeliveryMethod Replace(in PayloadLease lease, int index, string path, LinkPolicy link)
    {
        string directory = Path.GetDirectoryName(path) ?? throw new IOException($"{path}: not a place for a file.");
        string temporary = Path.Join(directory, $".packtool-{RandomNumberGenerator.GetHexString(16, lowercase: true)}");
        try
        {
            // Set-user-id and its kind are not carried out of a store.
            UnixFileMode? mode = lease.GetInfo(index).Mode & Permissions;
            DeliveryMethod method = lease.DeliverTo(
                index, temporary, new DeliveryOptions { Link = link, Mode = mode, Overwrite = false });
            File.Move(temporary, path, overwrite: true);
            return method;
        }
        finally
        {
            // Left there after a failure, and by a rename between two links of one inode.
            File.Delete(temporary);
        }
    }

    /// <summary>Where a path that a user named leads to: the file itself, links followed.</summary>
    public static string FollowLinks(string path)
    {
        string full = Path.GetFullPath(path);
        return FileFacts.TryRead(full) is { Kind: FileKind.Link }
            ? File.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full
            : full;
    }
}
