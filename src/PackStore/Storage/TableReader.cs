namespace PackStore.Storage;

/// <summary>Puts bytes of a file into a table by reading them: what remains where they cannot be mapped.</summary>
internal static unsafe class TableReader
{
    private const int PieceBytes = 64 << 20;

    /// <summary>Reads all of the range into committed memory or throws.</summary>
    public static void Fill(IStoreFile file, TableMemory table, long tableOffset, long fileOffset, long length)
    {
        table.Commit(checked(tableOffset + length));
        for (long done = 0; done < length;)
        {
            int wanted = (int)Math.Min(length - done, PieceBytes);
            int read = file.Read(fileOffset + done, new Span<byte>(table.Start + tableOffset + done, wanted));
            done += read;
            if (read < wanted)
            {
                throw StorageError.TooShort("read into a table", file.Name, fileOffset + length, fileOffset + done);
            }
        }
    }
}
