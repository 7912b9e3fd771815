namespace PackStore.Migration.Legacy;

/// <summary>
/// Decodes a directory bundle for whoever wants it unpacked; an import keeps the payload as it is. Every path is one
/// that can be joined below a directory and stays there, also on Windows, and no two entries can collide.
/// </summary>
internal static class DirectoryBundleReader
{
    private const uint DirectoryKind = 0;
    private const uint FileKind = 1;
    private const uint NanosecondsPerSecond = 1_000_000_000;
    private const int MaxEntries = 100_000;
    private const int LeastEntryBytes = (3 * sizeof(ulong)) + (3 * sizeof(uint));

    /// <summary>Reads a whole payload.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> payload, out DirectoryBundle? bundle, out LegacyProblem problem)
    {
        BincodeCursor cursor = new(payload.Span);
        bundle = null;
        if (cursor.TryReadUInt32(out uint mode) && TryReadTime(ref cursor, out DirectoryBundleTime modified)
            && TryReadEntries(ref cursor, payload, out DirectoryBundleEntry[] entries) && cursor.TryEnd())
        {
            bundle = new DirectoryBundle { RootMode = mode, RootModified = modified, Entries = entries };
        }

        problem = cursor.Problem;
        return bundle is not null;
    }

    private static bool TryReadEntries(
        ref BincodeCursor cursor, ReadOnlyMemory<byte> payload, out DirectoryBundleEntry[] entries)
    {
        entries = [];
        if (!cursor.TryReadCount(LeastEntryBytes, out int count)
            || (count > MaxEntries && !cursor.Refuse(LegacyProblem.TooLong)))
        {
            return false;
        }

        entries = count == 0 ? [] : new DirectoryBundleEntry[count];
        Dictionary<string, bool> isFile = new(StringComparer.Ordinal);
        for (int i = 0; i < count; i++)
        {
            if (!TryReadEntry(ref cursor, payload, out entries[i]))
            {
                return false;
            }

            // Named once, and not below a file. A directory that is no entry itself may be implied.
            (string path, bool file) = (entries[i].Path, entries[i].IsFile);
            int slash = path.LastIndexOf('/');
            if (!isFile.TryAdd(path, file)
                || (slash > 0 && isFile.TryGetValue(path[..slash], out bool parentIsFile) && parentIsFile))
            {
                return cursor.Refuse(LegacyProblem.BadPath);
            }
        }

        return true;
    }

    private static bool TryReadEntry(
        ref BincodeCursor cursor, ReadOnlyMemory<byte> payload, out DirectoryBundleEntry entry)
    {
        entry = default;
        if (!cursor.TryReadText(out string path) || !cursor.TryReadUInt32(out uint kind)
            || !cursor.TryReadBytes(out Range data) || !cursor.TryReadUInt32(out uint mode)
            || !TryReadTime(ref cursor, out DirectoryBundleTime modified))
        {
            return false;
        }

        ReadOnlyMemory<byte> bytes = payload[data];
        if (kind > FileKind || (kind == DirectoryKind && !bytes.IsEmpty))
        {
            return cursor.Refuse(LegacyProblem.BadVariant);
        }

        entry = new DirectoryBundleEntry(path, kind == FileKind, bytes, mode, modified);
        return IsPlainPath(path) || cursor.Refuse(LegacyProblem.BadPath);
    }

    private static bool TryReadTime(ref BincodeCursor cursor, out DirectoryBundleTime time)
    {
        time = default;
        if (!cursor.TryReadUInt64(out ulong seconds) || !cursor.TryReadUInt32(out uint nanoseconds))
        {
            return false;
        }

        time = new DirectoryBundleTime(seconds, nanoseconds);
        return nanoseconds < NanosecondsPerSecond || cursor.Refuse(LegacyProblem.BadVariant);
    }

    private static bool IsPlainPath(string path)
    {
        if (path.AsSpan().ContainsAny('\\', '\0', ':'))
        {
            return false;
        }

        foreach (Range component in path.AsSpan().Split('/'))
        {
            if (path.AsSpan()[component] is "" or "." or "..")
            {
                return false;
            }
        }

        return true;
    }
}
