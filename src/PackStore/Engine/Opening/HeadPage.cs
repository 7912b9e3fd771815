using PackStore.Format;
using PackStore.Storage;

namespace PackStore.Engine.Opening;

/// <summary>HEAD: how far the writer has got, for read-only processes to follow with one load, and for recovery after a
/// kill.</summary>
internal sealed class HeadPage : IDisposable
{
    private readonly SharedPage _page;
    private readonly IStoreFile _file;

    // The claim that a full disk did not take; made good by the next publication that finds room. Under the write lock.
    private (Guid StoreId, Guid BootId, RecordLocation Directory)? _owed;

    private HeadPage(IStoreFile file, SharedPage page)
    {
        _file = file;
        _page = page;
    }

    /// <summary>The committed end, packed; changes with every append.</summary>
    public ulong CommittedWord => _page.Read(HeadWords.CommittedWord);

    /// <summary>Segment and offset behind the last record.</summary>
    public RecordLocation Committed => HeadWords.Unpack(CommittedWord);

    /// <summary>Segment and offset of the newest directory block.</summary>
    public RecordLocation Directory => HeadWords.Unpack(_page.Read(HeadWords.DirectoryWord));

    /// <summary>Grows when segments come or go.</summary>
    public ulong Generation => _page.Read(HeadWords.GenerationWord);

    /// <summary>Opens it for writing, making it anew where it is absent or short.</summary>
    public static HeadPage OpenForWriting(IStoreDirectory directory)
    {
        IStoreFile file = directory.TryOpen(StoreFileNames.Head, writable: true)
            ?? directory.Create(StoreFileNames.Head);
        try
        {
            if (file.Stat().Length < SharedPage.Bytes)
            {
                // Written, not only reserved: a store into a hole could find the disk full, and that would end the
                // process.
                file.Write(0, new byte[SharedPage.Bytes]);
            }

            return new HeadPage(file, file.MapPage());
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Opens it for reading; null if it is absent or too short to map.</summary>
    public static HeadPage? TryOpen(IStoreDirectory directory)
    {
        IStoreFile? file = directory.TryOpen(StoreFileNames.Head, writable: false);
        if (file is null || file.Stat().Length < SharedPage.Bytes)
        {
            file?.Dispose();
            return null;
        }

        return new HeadPage(file, file.MapPage());
    }

    /// <summary>Whether it was written by a writer of this store in this boot: then it is exact, else it means
    /// nothing.</summary>
    public bool IsCurrent(Guid storeId, Guid bootId)
    {
        Span<byte> bytes = stackalloc byte[32];
        for (int i = 0; i < 4; i++)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(
                bytes[(i * 8)..], _page.Read(HeadWords.StoreIdWord + i));
        }

        return _page.Read(HeadWords.MagicWord) == HeadWords.Magic
            && new Guid(bytes[..16]) == storeId && new Guid(bytes[16..]) == bootId;
    }

    /// <summary>Takes the page over for a writer. The magic goes in last. A disk too full for the page does not stop an
    /// open: until there is room, whoever attaches walks the records.</summary>
    /// <returns>What stood in the way, or null.</returns>
    public IOException? Claim(Guid storeId, Guid bootId, RecordLocation committed, RecordLocation directory)
    {
        try
        {
            ClaimNow(storeId, bootId, committed, directory);
            _owed = null;
            return null;
        }
        catch (IOException e) when (StorageError.IsNoSpace(e))
        {
            _owed = (storeId, bootId, directory);
            return e;
        }
    }

    private void ClaimNow(Guid storeId, Guid bootId, RecordLocation committed, RecordLocation directory)
    {
        _page.Write(HeadWords.MagicWord, 0);
        Span<byte> bytes = stackalloc byte[32];
        storeId.TryWriteBytes(bytes);
        bootId.TryWriteBytes(bytes[16..]);
        for (int i = 0; i < 4; i++)
        {
            _page.Write(
                HeadWords.StoreIdWord + i,
                    System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(bytes[(i * 8)..]));
        }

        _page.Write(HeadWords.DirectoryWord, HeadWords.Pack(directory));
        _page.Write(HeadWords.CommittedWord, HeadWords.Pack(committed));
        _page.Write(HeadWords.GenerationWord, Generation + 1);
        _page.Write(HeadWords.WriterWord, (ulong)Environment.ProcessId);
        _page.Write(HeadWords.MagicWord, HeadWords.Magic);
    }

    /// <summary>Publishes the committed end (release: what was written before is seen by whoever reads it).</summary>
    public void Publish(RecordLocation committed)
    {
        if (_owed is { } owed)
        {
            ClaimNow(owed.StoreId, owed.BootId, committed, owed.Directory);
            _owed = null;
            return;
        }

        _page.Write(HeadWords.CommittedWord, HeadWords.Pack(committed));
    }

    /// <summary>Publishes a directory block.</summary>
    public void PublishDirectory(RecordLocation directory)
    {
        if (_owed is { } owed)
        {
            _owed = owed with { Directory = directory };
            return;
        }

        _page.Write(HeadWords.DirectoryWord, HeadWords.Pack(directory));
    }

    /// <summary>Tells followers that the set of segments has changed.</summary>
    public void NextGeneration() => _page.Write(HeadWords.GenerationWord, Generation + 1);

    /// <inheritdoc/>
    public void Dispose()
    {
        _page.Dispose();
        _file.Dispose();
    }
}
