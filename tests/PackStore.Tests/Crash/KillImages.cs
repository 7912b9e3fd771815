using PackStore.Storage;
using PackStore.TestKit;

namespace PackStore.Tests.Crash;

/// <summary>What the death of a process leaves at one moment.</summary>
internal static class KillImages
{
    /// <summary>The disk as it is, and with the front of a write that was about to come behind the last one.</summary>
    public static IEnumerable<MemoryDirectory> Of(MemoryDirectory disk)
    {
        yield return disk.KillImage();
        if (disk.PendingUnits.LastOrDefault(static u =>
            u.Kind == PendingKind.Data && u.Name.StartsWith("segments/", StringComparison.Ordinal))
            is not { } last)
        {
            yield break;
        }

        foreach (int part in new[] { 8, 64, last.Bytes.Length / 2 })
        {
            MemoryDirectory torn = disk.KillImage();
            using (IStoreFile? file = torn.TryOpen(last.Name, writable: true))
            {
                // The last write again, but only its front: that is what a kill in the middle of the next one of the
                // same length leaves.
                long at = last.Offset + last.Bytes.Length;
                if (file is not null && last.Offset >= 256 && at + last.Bytes.Length <= file.Stat().Length - 64)
                {
                    file.Write(at, last.Bytes.AsSpan(0, Math.Min(part, last.Bytes.Length - 8)));
                }
            }

            yield return torn;
        }
    }
}
