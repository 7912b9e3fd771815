using PackStore.Format;
using PackStore.Storage;

namespace PackStore.Loose;

/// <summary>Reads whole loose files for who copies them: by calls, past the maps that hits use, and always
/// checked.</summary>
internal static class LooseReader
{
    /// <summary>The bytes of a loose payload; null, with what was wrong, if they are not what the record says. The
    /// caller bounds their length.</summary>
    public static byte[]? TryRead(
        IStoreDirectory directory, string name, in PayloadDescriptor descriptor, out string problem)
    {
        try
        {
            using IStoreFile? file = directory.TryOpen(name, writable: false);
            if (file is null)
            {
                problem = $"absent, expected {descriptor.StoredLength} bytes";
                return null;
            }

            long length = file.Stat().Length;
            if (length != descriptor.StoredLength)
            {
                problem = $"{length} bytes, expected {descriptor.StoredLength}";
                return null;
            }

            byte[] bytes = new byte[length];
            int read = file.Read(0, bytes);
            file.Advise(FileAdvice.NotNeeded, 0, length);
            ulong sum = Checksum.Of(bytes.AsSpan(0, read));
            problem = $"checksum {sum:x16}, expected {descriptor.Checksum:x16}";
            return read == length && sum == descriptor.Checksum ? bytes : null;
        }
        catch (IOException e)
        {
            problem = e.Message;
            return null;
        }
    }
}
