namespace PackStore.Tools.Tests.Support;

/// <summary>Damages stores the way disks do.</summary>
internal static class Damage
{
    /// <summary>Flips a byte in the middle of where these bytes stand in a file of the store; returns the
    /// file.</summary>
    public static string Flip(string store, ReadOnlySpan<byte> bytes)
    {
        foreach (string path in Directory.EnumerateFiles(store, "*", SearchOption.AllDirectories))
        {
            byte[] content = File.ReadAllBytes(path);
            int at = content.AsSpan().IndexOf(bytes);
            if (at >= 0)
            {
                using FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
                file.Position = at + (bytes.Length / 2);
                file.WriteByte((byte)(content[file.Position] ^ 0x40));
                return path;
            }
        }

        throw new InvalidOperationException("The bytes are in no file of the store.");
    }
}
