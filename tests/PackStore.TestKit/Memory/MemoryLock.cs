namespace PackStore.TestKit;

/// <summary>A writer's lock on a file of a disk in memory.</summary>
internal sealed class MemoryLock(HashSet<MemoryFile> locked, MemoryFile file) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        lock (file.Gate)
        {
            locked.Remove(file);
        }
    }
}
