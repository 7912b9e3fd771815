namespace PackStore.Tools.Stores;

/// <summary>Opens stores as the verbs need them, and says in the contract's words why one cannot be.</summary>
internal static class StoreAccess
{
    /// <summary>Looks at a path without touching it.</summary>
    public static StorePlace Look(string path)
    {
        if (Directory.Exists(path))
        {
            return Directory.EnumerateFileSystemEntries(path).Any()
                ? StorePlace.FilledDirectory
                : StorePlace.EmptyDirectory;
        }

        return Path.Exists(path) ? StorePlace.NotADirectory : StorePlace.Absent;
    }

    /// <summary>Refuses a path that cannot be a store, because it is no directory.</summary>
    public static void RequireDirectory(string path) => RefuseAbsent(path, Look(path));

    /// <summary>Opens a store for reading: without the lock and without write permission.</summary>
    public static ArtifactStore OpenForReading(string path, PackStoreOptions? options = null)
    {
        RequireDirectory(path);
        return ArtifactStore.OpenReadOnly(path, options);
    }

    /// <summary>The same without looking at payloads, so that damaged artifacts can be told from absent ones.</summary>
    public static ArtifactStore OpenForLooking(string path)
    {
        RequireDirectory(path);
        return ArtifactStore.OpenReadOnly(path, new PackStoreOptions { Checksums = ChecksumPolicy.Never });
    }

    /// <summary>Opens a store for a plan: <see langword="null"/> where one would be created.</summary>
    public static ArtifactStore? OpenForPlan(string path, PackStoreOptions? options = null)
    {
        StorePlace place = Look(path);
        RefuseFile(path, place);
        return place is StorePlace.FilledDirectory ? ArtifactStore.OpenReadOnly(path, options) : null;
    }

    /// <summary>Opens a store for writing.</summary>
    public static ArtifactStore OpenForWriting(string path, PackStoreOptions options)
    {
        try
        {
            if (options.CreateIfMissing)
            {
                RefuseFile(path, Look(path));
            }
            else
            {
                RequireDirectory(path);
            }

            return ArtifactStore.Open(path, options);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new ToolException(ExitCode.ReadOnly, e.Message, e);
        }
    }

    private static void RefuseAbsent(string path, StorePlace place)
    {
        RefuseFile(path, place);
        if (place == StorePlace.Absent)
        {
            throw new ToolException(ExitCode.Format, $"{path} is not a PackStore: there is no such directory.");
        }
    }

    private static void RefuseFile(string path, StorePlace place)
    {
        if (place == StorePlace.NotADirectory)
        {
            throw new ToolException(ExitCode.Format, $"{path} is not a PackStore: it is not a directory.");
        }
    }
}
