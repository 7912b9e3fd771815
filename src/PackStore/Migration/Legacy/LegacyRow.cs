namespace PackStore.Migration.Legacy;

/// <summary>One row of <c>index.bin</c> or of <c>index.redb</c>: all that is known of an artifact but its
/// payloads.</summary>
/// <remarks>The streams are slices of the file that was read, and live as long as it does.</remarks>
internal sealed record LegacyRow
{
    /// <summary>The key as stored: any text at all until <see cref="FindProblem"/> says otherwise.</summary>
    public required string Key { get; init; }

    /// <summary>One name an output. Data, never a path: paths, markers and worse are found here.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>One size an output, in bytes.</summary>
    public required IReadOnlyList<ulong> Sizes { get; init; }

    /// <summary>Standard output.</summary>
    public ReadOnlyMemory<byte> Stdout { get; init; }

    /// <summary>Standard error.</summary>
    public ReadOnlyMemory<byte> Stderr { get; init; }

    /// <summary>Exit code; not 0 in a remembered failure.</summary>
    public int ExitCode { get; init; }

    /// <summary>Sum of the sizes, as stored.</summary>
    public ulong TotalSize { get; init; }

    /// <summary>Stored or last used, seconds since 1970; may be 0, in the future or anything.</summary>
    public ulong StoredAtSeconds { get; init; }

    /// <summary>Named results that share the outputs; R2 and R3 only.</summary>
    public IReadOnlyList<ArtifactVerdict> Verdicts { get; init; } = [];

    /// <summary>Native mode bits, perhaps with the file type: none, or one an output; R3 only.</summary>
    public IReadOnlyList<uint> Modes { get; init; } = [];

    /// <summary>What makes this row, and only it, a miss.</summary>
    public LegacyProblem FindProblem()
    {
        if (LegacyKey.FindProblem(Key) is not LegacyProblem.None and var key)
        {
            return key;
        }

        if (Names.Count != Sizes.Count || (Modes.Count != 0 && Modes.Count != Sizes.Count))
        {
            return LegacyProblem.CountMismatch;
        }

        return !IsSum() ? LegacyProblem.SizeMismatch
            : Verdicts.DistinctBy(v => v.Name).Count() != Verdicts.Count ? LegacyProblem.DuplicateVerdict
            : LegacyProblem.None;
    }

    // All sums stay within 63 bits, so that nothing later can overflow.
    private bool IsSum()
    {
        ulong sum = 0;
        foreach (ulong size in Sizes)
        {
            if (size > long.MaxValue - sum)
            {
                return false;
            }

            sum += size;
        }

        return sum == TotalSize;
    }
}
