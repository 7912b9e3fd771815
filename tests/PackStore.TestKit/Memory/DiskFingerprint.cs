using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace PackStore.TestKit;

/// <summary>Names, lengths and bytes of a disk in memory as one number, so that equal disks are judged once.</summary>
internal static class DiskFingerprint
{
    /// <summary>The number of a directory and what is below it.</summary>
    public static UInt128 Of(MemoryFolder folder)
    {
        UInt128 sum = (UInt128)folder.Entries.Count;
        foreach ((string leaf, MemoryNode node) in folder.Entries)
        {
            UInt128 name = XxHash128.HashToUInt128(MemoryMarshal.AsBytes(leaf.AsSpan()));
            UInt128 what = node is MemoryFile file ? Of(file) : Of((MemoryFolder)node);
            sum = Mix(Mix(sum, name), what);
        }

        return sum;
    }

    /// <summary>The numbers of all files below a directory, by their names from there.</summary>
    public static void Each(MemoryFolder folder, string path, Dictionary<string, UInt128> prints)
    {
        foreach ((string leaf, MemoryNode node) in folder.Entries)
        {
            if (node is MemoryFile file)
            {
                prints.Add(path + leaf, Of(file));
            }
            else
            {
                Each((MemoryFolder)node, $"{path}{leaf}/", prints);
            }
        }
    }

    private static UInt128 Of(MemoryFile file)
    {
        // Zeros that were written are no other than those that were reserved.
        ReadOnlySpan<byte> bytes = file.Content.Bytes(0, checked((int)Math.Min(file.WrittenEnd, file.Length)));
        int end = bytes.LastIndexOfAnyExcept((byte)0) + 1;
        return Mix((UInt128)file.Length, XxHash128.HashToUInt128(bytes[..end]));
    }

    private static UInt128 Mix(UInt128 left, UInt128 right) =>
        XxHash128.HashToUInt128(MemoryMarshal.AsBytes<UInt128>([left, right]));
}
