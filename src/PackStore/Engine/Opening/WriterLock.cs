using System.Globalization;
using System.Text;
using PackStore.Format;
using PackStore.Storage;

namespace PackStore.Engine.Opening;

/// <summary>The lock of the one writer; its file names the holder, for the message.</summary>
internal static class WriterLock
{
    /// <summary>Takes it, or says who holds it.</summary>
    /// <exception cref="StoreLockedException">Somebody holds it.</exception>
    public static IDisposable Take(IStoreDirectory directory, TimeProvider clock)
    {
        string since = clock.GetUtcNow().UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        byte[] holder = Encoding.UTF8.GetBytes(
            string.Create(CultureInfo.InvariantCulture,
                $"{Environment.ProcessId}\n{Environment.MachineName}\n{since}\n"));
        IDisposable? taken = directory.TryLock(StoreFileNames.Lock, holder, out byte[] current);
        if (taken is not null)
        {
            return taken;
        }

        string[] lines = Encoding.UTF8.GetString(current).Split('\n');
        int pid = lines.Length > 0 && int.TryParse(lines[0], CultureInfo.InvariantCulture, out int p) ? p : 0;
        DateTimeOffset? at = lines.Length > 2 && DateTimeOffset.TryParse(
            lines[2], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset t)
            ? t
            : null;
        throw new StoreLockedException(
            Path.Combine(directory.FullPath, StoreFileNames.Lock), pid, lines.Length > 1 ? lines[1] : "?", at);
    }
}
