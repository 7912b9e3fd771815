namespace PackStore.Migration.Legacy;

/// <summary>
/// Rows in bincode. A row is walked first, without allocating, and decoded later: that is how the shape of a whole file
/// is found out, and how an index of any size costs eight bytes a row.
/// </summary>
internal static class LegacyRowReader
{
    private const int LengthBytes = sizeof(ulong);
    private const int VerdictBytes = (3 * LengthBytes) + sizeof(int);

    /// <summary>The fewest bytes of a row without its key.</summary>
    public static int LeastBytes(LegacyIndexShape shape) => shape switch
    {
        LegacyIndexShape.R1 => 52,
        LegacyIndexShape.R2 => 60,
        _ => 68,
    };

    /// <summary>Reads the value of one row of <c>index.redb</c>: R1, exactly.</summary>
    public static bool TryReadR1(ReadOnlyMemory<byte> value, string key, out LegacyRow? row, out LegacyProblem problem)
    {
        BincodeCursor cursor = new(value.Span);
        bool isRead = TryWalk(ref cursor, LegacyIndexShape.R1) && cursor.TryEnd();
        problem = cursor.Problem;
        row = null;
        if (isRead)
        {
            cursor = new BincodeCursor(value.Span);
            row = Read(ref cursor, value, key, LegacyIndexShape.R1);
        }

        return isRead;
    }

    /// <summary>Steps over a row and checks all of it but the meaning.</summary>
    public static bool TryWalk(ref BincodeCursor cursor, LegacyIndexShape shape)
    {
        if (!cursor.TryReadCount(LengthBytes, out int names))
        {
            return false;
        }

        for (int i = 0; i < names; i++)
        {
            if (!cursor.TryReadTextBytes(out _))
            {
                return false;
            }
        }

        return cursor.TrySkipItems(sizeof(ulong), out _)
            && cursor.TryReadBytes(out _) && cursor.TryReadBytes(out _)
            && cursor.TrySkip(sizeof(int) + (2 * sizeof(ulong)), out _)
            && (shape < LegacyIndexShape.R2 || TryWalkVerdicts(ref cursor))
            && (shape < LegacyIndexShape.R3 || cursor.TrySkipItems(sizeof(uint), out _));
    }

    /// <summary>Decodes a row that was walked.</summary>
    public static LegacyRow Read(
        ref BincodeCursor cursor, ReadOnlyMemory<byte> file, string key, LegacyIndexShape shape)
    {
        cursor.TryReadCount(LengthBytes, out int nameCount);
        string[] names = nameCount == 0 ? [] : new string[nameCount];
        for (int i = 0; i < nameCount; i++)
        {
            cursor.TryReadText(out names[i]);
        }

        cursor.TryReadCount(sizeof(ulong), out int sizeCount);
        ulong[] sizes = sizeCount == 0 ? [] : new ulong[sizeCount];
        for (int i = 0; i < sizeCount; i++)
        {
            cursor.TryReadUInt64(out sizes[i]);
        }

        cursor.TryReadBytes(out Range stdout);
        cursor.TryReadBytes(out Range stderr);
        cursor.TryReadInt32(out int exitCode);
        cursor.TryReadUInt64(out ulong total);
        cursor.TryReadUInt64(out ulong storedAt);
        return new LegacyRow
        {
            Key = key,
            Names = names,
            Sizes = sizes,
            Stdout = file[stdout],
            Stderr = file[stderr],
            ExitCode = exitCode,
            TotalSize = total,
            StoredAtSeconds = storedAt,
            Verdicts = shape < LegacyIndexShape.R2 ? [] : ReadVerdicts(ref cursor, file),
            Modes = shape < LegacyIndexShape.R3 ? [] : ReadModes(ref cursor),
        };
    }

    private static bool TryWalkVerdicts(ref BincodeCursor cursor)
    {
        if (!cursor.TryReadCount(VerdictBytes, out int count))
        {
            return false;
        }

        for (int i = 0; i < count; i++)
        {
            if (!cursor.TryReadTextBytes(out _) || !cursor.TryReadBytes(out _) || !cursor.TryReadBytes(out _)
                || !cursor.TrySkip(sizeof(int), out _))
            {
                return false;
            }
        }

        return true;
    }

    private static ArtifactVerdict[] ReadVerdicts(ref BincodeCursor cursor, ReadOnlyMemory<byte> file)
    {
        cursor.TryReadCount(VerdictBytes, out int count);
        ArtifactVerdict[] verdicts = count == 0 ? [] : new ArtifactVerdict[count];
        for (int i = 0; i < count; i++)
        {
            cursor.TryReadText(out string name);
            cursor.TryReadBytes(out Range stdout);
            cursor.TryReadBytes(out Range stderr);
            cursor.TryReadInt32(out int exitCode);
            verdicts[i] = new ArtifactVerdict
            {
                Name = name,
                StandardOutput = file[stdout],
                StandardError = file[stderr],
                ExitCode = exitCode,
            };
        }

        return verdicts;
    }

    private static uint[] ReadModes(ref BincodeCursor cursor)
    {
        cursor.TryReadCount(sizeof(uint), out int count);
        uint[] modes = count == 0 ? [] : new uint[count];
        for (int i = 0; i < count; i++)
        {
            cursor.TryReadUInt32(out modes[i]);
        }

        return modes;
    }
}
