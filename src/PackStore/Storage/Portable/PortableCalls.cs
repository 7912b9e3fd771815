namespace PackStore.Storage.Portable;

/// <summary>Runs calls of the runtime's files so that what they throw has the form that the seam promises.</summary>
internal static class PortableCalls
{
    // Files take whole blocks; the runtime does not say how many, so this is the least.
    private const long BlockBytes = 4096;

    /// <summary>The least that a file of this length takes on the device.</summary>
    public static long AllocationOf(long length) => (length + BlockBytes - 1) / BlockBytes * BlockBytes;

    /// <summary>Runs a call; a permission failure becomes an <see cref="IOException"/>.</summary>
    public static void Run(string operation, string name, Action call)
        => Run(operation, name, () =>
        {
            call();
            return true;
        });

    /// <inheritdoc cref="Run(string, string, Action)"/>
    public static T Run<T>(string operation, string name, Func<T> call)
    {
        try
        {
            return call();
        }
        catch (UnauthorizedAccessException cause)
        {
            throw StorageError.FromUnauthorized(operation, name, cause);
        }
    }
}
