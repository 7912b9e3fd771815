using PackStore.Migration.Legacy.Hashing;

namespace PackStore.Migration.Legacy;

/// <summary>What a <c>manifest.bin</c> says of one staged generation.</summary>
internal sealed record StagedManifest
{
    /// <summary>The artifact's key.</summary>
    public required string Key { get; init; }

    /// <summary>Digest of key and rows, also the name of the directory.</summary>
    public required Blake3Digest Generation { get; init; }

    /// <summary>In the order of the file, which the generation covers; not always that of the outputs.</summary>
    public required IReadOnlyList<StagedRow> Rows { get; init; }

    /// <summary>What is wrong with a manifest found at this place: identity, generation, or indexes.</summary>
    public LegacyProblem FindProblem(string key, Blake3Digest generation)
    {
        if (Key != key)
        {
            return LegacyProblem.WrongKey;
        }

        return Generation != generation || StagedManifestReader.ComputeGeneration(key, Rows) != generation
            ? LegacyProblem.WrongGeneration
            : OutputsInOrder() is null ? LegacyProblem.BadIndexes
            : LegacyProblem.None;
    }

    /// <summary>The rows by output: the i-th describes <c>output-i</c>. Null if the indexes are not 0 to n-1.</summary>
    public IReadOnlyList<StagedRow>? OutputsInOrder()
    {
        StagedRow[] sorted = [.. Rows.OrderBy(row => row.Index)];
        for (int i = 0; i < sorted.Length; i++)
        {
            if (sorted[i].Index != (ulong)i)
            {
                return null;
            }
        }

        return sorted;
    }

    /// <summary>Whether outputs in order are those of an index row: as many, and each as long.</summary>
    public static LegacyProblem FindProblem(IReadOnlyList<StagedRow> outputs, IReadOnlyList<ulong> sizes)
    {
        if (outputs.Count != sizes.Count)
        {
            return LegacyProblem.CountMismatch;
        }

        for (int i = 0; i < sizes.Count; i++)
        {
            if (outputs[i].Size != sizes[i])
            {
                return LegacyProblem.SizeMismatch;
            }
        }

        return LegacyProblem.None;
    }
}

/// <summary>One output of a staged generation.</summary>
/// <param name="Index">Number of the output.</param>
/// <param name="Size">Its length in bytes; whatever the file says.</param>
/// <param name="Digest">BLAKE3 of its bytes.</param>
internal readonly record struct StagedRow(ulong Index, ulong Size, Blake3Digest Digest);
