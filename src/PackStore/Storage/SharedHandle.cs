using Microsoft.Win32.SafeHandles;

namespace PackStore.Storage;

/// <summary>
/// A descriptor that a file shares with the maps made from it that still need it; closed when the last of them lets go.
/// </summary>
internal sealed class SharedHandle(SafeFileHandle handle)
{
    private int _holders = 1;

    /// <summary>The descriptor; used by holders only.</summary>
    public SafeFileHandle Handle => handle;

    /// <summary>Takes part in it. The caller knows of a holder that stays until this returns.</summary>
    public SharedHandle Share()
    {
        Interlocked.Increment(ref _holders);
        return this;
    }

    /// <summary>Lets go.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
        {
            handle.Dispose();
        }
    }
}
