using PackStore.Format;
using PackStore.Storage;

namespace PackStore.Engine.Opening;

/// <summary>Reads STORE, and makes a store in an empty directory.</summary>
internal static class IdentityStore
{
    /// <summary>Reads the identity from either copy; null where there is no STORE, with typed exceptions for what this
    /// library may not open.</summary>
    public static StoreIdentity? TryRead(IStoreDirectory directory, bool forWriting)
    {
        using IStoreFile? file = directory.TryOpen(StoreFileNames.Store, writable: false);
        if (file is null)
        {
            return null;
        }

        byte[] bytes = new byte[StoreIdentity.FileBytes];
        int read = file.Read(0, bytes);
        foreach (int at in new[] { 0, StoreIdentity.SecondCopyOffset })
        {
            if (read < at + StoreIdentityLayout.Size
                || !StoreIdentity.TryRead(bytes.AsSpan(at, StoreIdentityLayout.Size), out StoreIdentity? identity,
                    out uint version))
            {
                continue;
            }

            if (forWriting ? identity!.Features.CanWrite(version) : identity!.Features.CanRead(version))
            {
                return identity;
            }

            throw new UnsupportedFormatException(
                Path.Combine(directory.FullPath, StoreFileNames.Store), identity.Features.Describe(version),
                $"version {FormatVersion.Current}");
        }

        if (LooksForeign(bytes.AsSpan(0, read)))
        {
            throw new NotAStoreException(directory.FullPath, "STORE is not ours");
        }

        throw new CorruptStoreException(
            Path.Combine(directory.FullPath, StoreFileNames.Store), 0, "two damaged copies", "the store's identity");
    }

    /// <summary>Whether a directory holds nothing, or only what an unfinished creation leaves behind.</summary>
    public static bool IsEmptyOrUnfinished(IStoreDirectory directory)
    {
        foreach (StoreEntry entry in directory.List(""))
        {
            bool ours = entry.Name switch
            {
                StoreFileNames.Segments or StoreFileNames.Index or StoreFileNames.Loose or StoreFileNames.Quarantine =>
                    entry.IsDirectory && directory.List(entry.Name).Count == 0,
                StoreFileNames.Lock or StoreFileNames.StoreNew or StoreFileNames.Head => entry.IsFile,
                _ => false,
            };
            if (!ours)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Makes a store. STORE comes last, so that a crash before leaves an unfinished creation and nothing
    /// else.</summary>
    public static StoreIdentity Create(IStoreDirectory directory, PackStoreOptions options)
    {
        byte[] seed = new byte[sizeof(ulong)];
        Random.Shared.NextBytes(seed);
        StoreIdentity identity = new(
            Guid.NewGuid(), options.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds(),
            options.SegmentSizeBytes ?? DefaultSegmentBytes, BitConverter.ToUInt64(seed));
        foreach (string name in new[] { StoreFileNames.Segments, StoreFileNames.Index, StoreFileNames.Loose,
            StoreFileNames.Quarantine })
        {
            directory.CreateDirectory(name);
        }

        HeadPage.OpenForWriting(directory).Dispose();
        Write(directory, identity);
        return identity;
    }

    /// <summary>Writes STORE, both copies, in place of what is there.</summary>
    public static void Write(IStoreDirectory directory, StoreIdentity identity)
    {
        byte[] bytes = new byte[StoreIdentity.FileBytes];
        identity.Write(bytes);
        identity.Write(bytes.AsSpan(StoreIdentity.SecondCopyOffset));
        directory.Delete(StoreFileNames.StoreNew);
        using (IStoreFile file = directory.Create(StoreFileNames.StoreNew))
        {
            file.Write(0, bytes);
            file.Sync();
        }

        // The directories are durable before STORE is there: a store without them could never be written to.
        directory.SyncDirectory("");
        directory.Replace(StoreFileNames.StoreNew, StoreFileNames.Store);
        directory.SyncDirectory("");
    }

    /// <summary>Segment size of a store whose creator did not choose.</summary>
    public const long DefaultSegmentBytes = 256L << 20;

    /// <summary>A file called STORE that never was one of ours: not one of our bytes is at its place.</summary>
    private static bool LooksForeign(ReadOnlySpan<byte> bytes)
    {
        bool sized = bytes.Length == StoreIdentity.FileBytes;
        Span<byte> magic = stackalloc byte[sizeof(ulong)];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(magic, StoreIdentity.Magic);
        return !sized && bytes.IndexOf(magic) < 0;
    }
}
