using PackStore.Storage.Linux;

namespace PackStore.TestKit;

/// <summary>
/// Memory that quick disks take and give back a million times over: cleared and kept, for mapping and unmapping costs
/// more than the store does.
/// </summary>
internal static unsafe class MemorySlabs
{
    /// <summary>The most bytes of one file of a quick disk, and of a region of it.</summary>
    public const long FileBytes = 1 << 20;

    // Protects the stacks below: addresses of memory that is all zero, by size.
    private static readonly Lock s_lock = new();
    private static readonly Dictionary<long, Stack<nint>> s_free = [];

    /// <summary>Zeros, readable and writable. Pages are used up as they are touched.</summary>
    public static byte* Take(long bytes)
    {
        lock (s_lock)
        {
            if (s_free.TryGetValue(bytes, out Stack<nint>? free) && free.TryPop(out nint start))
            {
                return (byte*)start;
            }
        }

        return NativeCalls.MapFresh(bytes, LinuxConstants.ProtectReadWrite, isShared: false);
    }

    /// <summary>Gives memory back of which nothing beyond <paramref name="used"/> bytes was written.</summary>
    public static void Give(byte* start, long bytes, long used)
    {
        new Span<byte>(start, checked((int)used)).Clear();
        lock (s_lock)
        {
            if (!s_free.TryGetValue(bytes, out Stack<nint>? free))
            {
                s_free.Add(bytes, free = new Stack<nint>());
            }

            free.Push((nint)start);
        }
    }
}
