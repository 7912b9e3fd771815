namespace PackStore.Migration.Legacy;

/// <summary>
/// <c>index.bin</c>: a count, then key and row each time. The file does not say which shape its rows have, so the
/// newest is tried first; to the last byte, for no blob of one shape decodes as another then.
/// </summary>
internal static class LegacyIndexReader
{
    private const int KeyBytes = sizeof(ulong);

    private static readonly LegacyIndexShape[] s_newestFirst =
        [LegacyIndexShape.R3, LegacyIndexShape.R2, LegacyIndexShape.R1];

    /// <summary>Checks the whole file. What is wrong with one row's meaning is the row's own problem, see
    /// <see cref="LegacyRow.FindProblem"/>.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> file, out LegacyIndex? index, out LegacyProblem problem)
    {
        index = null;
        problem = LegacyProblem.ZeroFilled;
        if (file.Length > sizeof(ulong) && !file.Span.ContainsAnyExcept((byte)0))
        {
            return false;
        }

        // The problem of the shape that came farthest is the file's: the others fail early, over the fields they lack.
        int farthest = -1;
        foreach (LegacyIndexShape shape in s_newestFirst)
        {
            BincodeCursor cursor = new(file.Span);
            if (TryWalk(ref cursor, shape, out int[] offsets))
            {
                index = new LegacyIndex(file, shape, offsets);
                problem = LegacyProblem.None;
                return true;
            }

            if (cursor.Position > farthest)
            {
                (farthest, problem) = (cursor.Position, cursor.Problem);
            }
        }

        return false;
    }

    private static bool TryWalk(ref BincodeCursor cursor, LegacyIndexShape shape, out int[] offsets)
    {
        offsets = [];
        if (!cursor.TryReadCount(KeyBytes + LegacyRowReader.LeastBytes(shape), out int count))
        {
            return false;
        }

        offsets = new int[count];
        for (int i = 0; i < count; i++)
        {
            offsets[i] = cursor.Position;
            if (!cursor.TryReadTextBytes(out _) || !LegacyRowReader.TryWalk(ref cursor, shape))
            {
                return false;
            }
        }

        return cursor.TryEnd();
    }
}
