using System.Buffers.Binary;
using System.Text;
using PackStore.Migration.Legacy.Hashing;

namespace PackStore.Migration.Legacy;

/// <summary><c>manifest.bin</c> of staged-v2, and the pointer file that names the generation to use.</summary>
internal static class StagedManifestReader
{
    /// <summary>A pointer file longer than this is none.</summary>
    public const int MaxPointerBytes = 256;

    private const uint Version = 1;
    private const int LeastRowBytes = 3 * sizeof(ulong);
    private const int HashedRowBytes = (2 * sizeof(ulong)) + Blake3Digest.TextLength;

    /// <summary>Reads a whole file. Whether it belongs where it lies: <see cref="StagedManifest.FindProblem(string,
    /// Blake3Digest)"/>.</summary>
    public static bool TryRead(ReadOnlySpan<byte> file, out StagedManifest? manifest, out LegacyProblem problem)
    {
        BincodeCursor cursor = new(file);
        manifest = null;
        if (cursor.TryReadUInt32(out uint version)
            && (version == Version || cursor.Refuse(LegacyProblem.BadVersion))
            && cursor.TryReadText(out string key)
            && TryReadDigest(ref cursor, out Blake3Digest generation)
            && TryReadRows(ref cursor, out StagedRow[] rows)
            && cursor.TryEnd())
        {
            manifest = new StagedManifest { Key = key, Generation = generation, Rows = rows };
        }

        problem = cursor.Problem;
        return manifest is not null;
    }

    /// <summary>The generation of these rows: BLAKE3 of the key's text, then of each row's index, size and digest
    /// text.</summary>
    public static Blake3Digest ComputeGeneration(string key, IReadOnlyList<StagedRow> rows)
    {
        Blake3 hash = new();
        hash.Update(Encoding.UTF8.GetBytes(key));
        Span<byte> bytes = stackalloc byte[HashedRowBytes];
        foreach (StagedRow row in rows)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, row.Index);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes[sizeof(ulong)..], row.Size);
            row.Digest.WriteText(bytes[(2 * sizeof(ulong))..]);
            hash.Update(bytes);
        }

        return hash.Finish();
    }

    /// <summary>Reads <c>KEY.current</c>: a generation between white space. One with capitals is refused, as no
    /// generation equals it.</summary>
    public static bool TryReadPointer(ReadOnlySpan<byte> file, out Blake3Digest generation, out LegacyProblem problem)
    {
        generation = default;
        ReadOnlySpan<byte> text = file.Length > MaxPointerBytes ? default : file.Trim(" \t\r\n\v\f"u8);
        Span<char> digits = stackalloc char[Blake3Digest.TextLength];
        bool isGeneration = text.Length == digits.Length
            && Encoding.ASCII.GetChars(text, digits) == digits.Length
            && Blake3Digest.TryParse(digits, out generation);
        problem = isGeneration ? LegacyProblem.None : LegacyProblem.BadPointer;
        return isGeneration;
    }

    private static bool TryReadRows(ref BincodeCursor cursor, out StagedRow[] rows)
    {
        rows = [];
        if (!cursor.TryReadCount(LeastRowBytes + Blake3Digest.TextLength, out int count))
        {
            return false;
        }

        rows = count == 0 ? [] : new StagedRow[count];
        for (int i = 0; i < count; i++)
        {
            if (!cursor.TryReadUInt64(out ulong index) || !cursor.TryReadUInt64(out ulong size)
                || !TryReadDigest(ref cursor, out Blake3Digest digest))
            {
                return false;
            }

            rows[i] = new StagedRow(index, size, digest);
        }

        return true;
    }

    private static bool TryReadDigest(ref BincodeCursor cursor, out Blake3Digest digest)
    {
        digest = default;
        return cursor.TryReadText(out string text)
            && (Blake3Digest.TryParse(text, out digest) || cursor.Refuse(LegacyProblem.BadDigest));
    }
}
