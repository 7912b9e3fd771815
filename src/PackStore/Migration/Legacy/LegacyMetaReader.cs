namespace PackStore.Migration.Legacy;

/// <summary>
/// <c>KEY.meta</c>: outputs with their bytes, streams, exit code. Shape A first, to the last byte, then B; a payload
/// that is a path makes the whole file a miss, for following it would read any file of this machine.
/// </summary>
internal static class LegacyMetaReader
{
    private const uint InlineVariant = 0;
    private const uint PathVariant = 1;
    private const int LeastOutputBytes = 2 * sizeof(ulong);

    /// <summary>Reads a whole file.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> file, out LegacyMeta? meta, out LegacyProblem problem)
    {
        if (TryRead(file, LegacyMetaShape.A, out meta, out problem, out int reachedA)
            || TryRead(file, LegacyMetaShape.B, out meta, out LegacyProblem problemB, out int reachedB))
        {
            problem = LegacyProblem.None;
            return true;
        }

        // As with the index: the shape that came farther says what is wrong. A path says it whatever A thought.
        problem = reachedB > reachedA || problemB == LegacyProblem.PathPayload ? problemB : problem;
        return false;
    }

    private static bool TryRead(
        ReadOnlyMemory<byte> file, LegacyMetaShape shape, out LegacyMeta? meta, out LegacyProblem problem,
        out int reached)
    {
        BincodeCursor cursor = new(file.Span);
        meta = null;
        if (TryReadOutputs(ref cursor, file, shape, out LegacyMetaOutput[] outputs)
            && cursor.TryReadBytes(out Range stdout) && cursor.TryReadBytes(out Range stderr)
            && cursor.TryReadInt32(out int exitCode) && cursor.TryEnd())
        {
            meta = new LegacyMeta
            {
                Shape = shape,
                Outputs = outputs,
                Stdout = file[stdout],
                Stderr = file[stderr],
                ExitCode = exitCode,
            };
        }

        problem = cursor.Problem;
        reached = cursor.Position;
        return meta is not null;
    }

    private static bool TryReadOutputs(
        ref BincodeCursor cursor, ReadOnlyMemory<byte> file, LegacyMetaShape shape, out LegacyMetaOutput[] outputs)
    {
        outputs = [];
        int least = LeastOutputBytes + (shape == LegacyMetaShape.B ? sizeof(uint) : 0);
        if (!cursor.TryReadCount(least, out int count))
        {
            return false;
        }

        outputs = count == 0 ? [] : new LegacyMetaOutput[count];
        for (int i = 0; i < count; i++)
        {
            if (!cursor.TryReadText(out string name) || (shape == LegacyMetaShape.B && !TryReadVariant(ref cursor))
                || !cursor.TryReadBytes(out Range data))
            {
                return false;
            }

            outputs[i] = new LegacyMetaOutput(name, file[data]);
        }

        return true;
    }

    private static bool TryReadVariant(ref BincodeCursor cursor) =>
        cursor.TryReadUInt32(out uint variant)
        && (variant == InlineVariant
            || cursor.Refuse(variant == PathVariant ? LegacyProblem.PathPayload : LegacyProblem.BadVariant));
}
