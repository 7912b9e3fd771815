namespace PackStore;

/// <summary>Throw helpers, so that hot methods stay small.</summary>
internal static class Throw
{
    /// <summary>The store was disposed.</summary>
    public static void IfClosed(bool closed)
    {
        if (closed)
        {
            ThrowClosed();
        }
    }

    private static void ThrowClosed() => throw new ObjectDisposedException("ArtifactStore");
}
