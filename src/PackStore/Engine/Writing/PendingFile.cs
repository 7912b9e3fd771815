using System.Buffers;
using PackStore.Format;
using PackStore.Storage;

namespace PackStore.Engine.Writing;

/// <summary>Reads a payload that is still in the caller's file. Never mapped: others may write to it or shorten it at
/// any time.</summary>
internal static class PendingFile
{
    /// <summary>The file's bytes if they still are what they were when they were put; null otherwise.</summary>
    public static PayloadBytes? TryRead(StoreCore core, string path, in PayloadDescriptor descriptor)
    {
        if (descriptor.Length > Array.MaxLength)
        {
            return null;
        }

        int length = (int)descriptor.Length;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Math.Max(length, 1));
        try
        {
            using IStoreFile file = core.Directory.OpenForeign(path);
            if (file.Stat().Length == length && file.Read(0, buffer.AsSpan(0, length)) == length
                && Checksum.Of(buffer.AsSpan(0, length)) == descriptor.Checksum)
            {
                return new PayloadBytes(buffer, length);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Deleted or out of reach before it was safe: that is what makes the artifact a miss.
            core.Log.Damaged(path, 0, e.Message);
        }

        ArrayPool<byte>.Shared.Return(buffer);
        return null;
    }
}
