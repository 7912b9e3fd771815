using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace PackStore.Tools.Import;

/// <summary>Reads source files.</summary>
internal static class FileBytes
{
    private const int PieceBytes = 1 << 20;

    /// <summary>All bytes of a file that had so many when it was found; fewer or up to <paramref name="limit"/> by
    /// now, else
    /// <see langword="null"/>.</summary>
    public static byte[]? ReadAll(string path, long expected, int limit)
    {
        using SafeFileHandle file = Open(path);
        byte[] bytes = GC.AllocateUninitializedArray<byte>((int)expected);
        int length = Fill(file, bytes, 0);
        if (length < bytes.Length)
        {
            return bytes[..length];
        }

        // It may have grown since.
        long now = RandomAccess.GetLength(file);
        if (now == length)
        {
            return bytes;
        }

        if (now > limit)
        {
            return null;
        }

        Array.Resize(ref bytes, (int)now);
        return bytes[..Fill(file, bytes, length)];
    }

    /// <summary>The SHA-256 of a file of any length.</summary>
    public static ArtifactKey Hash(string path, Action<int> progress, CancellationToken cancellationToken)
    {
        using SafeFileHandle file = Open(path);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            long offset = 0;
            int read;
            while ((read = RandomAccess.Read(file, buffer, offset)) > 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                hash.AppendData(buffer, 0, read);
                offset += read;
                progress(read);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(digest);
        return ArtifactKey.FromBytes(digest);
    }

    /// <summary>The SHA-256 of bytes.</summary>
    public static ArtifactKey Hash(ReadOnlySpan<byte> bytes)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, digest);
        return ArtifactKey.FromBytes(digest);
    }

    private static SafeFileHandle Open(string path) =>
        File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    private static int Fill(SafeFileHandle file, byte[] bytes, int from)
    {
        int read;
        while (from < bytes.Length && (read = RandomAccess.Read(file, bytes.AsSpan(from), from)) > 0)
        {
            from += read;
        }

        return from;
    }
}
