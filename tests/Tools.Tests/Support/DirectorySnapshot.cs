using System.Globalization;
using System.Security.Cryptography;

namespace PackStore.Tools.Tests.Support;

/// <summary>Names, times and bytes of everything in a directory, as lines that can be compared.</summary>
internal static class DirectorySnapshot
{
    public static string[] Of(string directory)
    {
        if (!Directory.Exists(directory))
        {
            return ["absent"];
        }

        return
        [
            .. new DirectoryInfo(directory).EnumerateFileSystemInfos("*", SearchOption.AllDirectories)
                .Append(new DirectoryInfo(directory))
                .OrderBy(static e => e.FullName, StringComparer.Ordinal)
                .Select(static e => string.Create(
                    CultureInfo.InvariantCulture,
                    $"{e.FullName} {e.LastWriteTimeUtc.Ticks} {(e is FileInfo f ? HashOf(f.FullName) : "directory")}")),
        ];
    }

    private static string HashOf(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return Convert.ToHexString(SHA256.HashData(file));
    }
}
