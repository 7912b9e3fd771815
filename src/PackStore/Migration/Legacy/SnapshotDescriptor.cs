using System.Text.Json;
using PackStore.Migration.Legacy.Hashing;

namespace PackStore.Migration.Legacy;

/// <summary><c>snapshot.json</c> of an exported cache: what it fits, and the digests of its parts.</summary>
internal sealed record SnapshotDescriptor
{
    private const int Schema = 1;

    /// <summary>Whatever the exporter chose; two caches are compatible if these are equal.</summary>
    public required Blake3Digest Compatibility { get; init; }

    /// <summary>BLAKE3 of <c>index.bin</c>.</summary>
    public required Blake3Digest IndexDigest { get; init; }

    /// <summary>BLAKE3 of <c>depgraph/depgraph.bin</c>, if there is one.</summary>
    public Blake3Digest? DepgraphDigest { get; init; }

    /// <summary>Reads a whole file. Members that are unknown, missing, doubled or of another type are
    /// refused.</summary>
    public static bool TryRead(ReadOnlySpan<byte> json, out SnapshotDescriptor? descriptor, out LegacyProblem problem)
    {
        descriptor = null;
        try
        {
            Utf8JsonReader reader = new(json, new JsonReaderOptions { MaxDepth = 1 });
            problem = TryReadMembers(ref reader, out descriptor);
            if (problem == LegacyProblem.None && reader.Read())
            {
                problem = LegacyProblem.TrailingBytes;
            }
        }
        catch (JsonException)
        {
            // Also thrown for what stands behind the object, which is why the whole text is read here.
            problem = json.IsEmpty ? LegacyProblem.Truncated : LegacyProblem.BadText;
        }

        descriptor = problem == LegacyProblem.None ? descriptor : null;
        return descriptor is not null;
    }

    private static LegacyProblem TryReadMembers(ref Utf8JsonReader reader, out SnapshotDescriptor? descriptor)
    {
        descriptor = null;
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return LegacyProblem.BadMember;
        }

        int? schema = null;
        Dictionary<string, Blake3Digest?> digests = new(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = ReadString(ref reader);
            if (!reader.Read())
            {
                return LegacyProblem.Truncated;
            }

            LegacyProblem problem = name == "schema"
                ? TryReadSchema(ref reader, ref schema)
                : TryReadDigest(ref reader, name, digests);
            if (problem != LegacyProblem.None)
            {
                return problem;
            }
        }

        if (schema is null || digests.GetValueOrDefault("compatibility") is not { } compatibility
            || digests.GetValueOrDefault("index_digest") is not { } index)
        {
            return LegacyProblem.BadMember;
        }

        descriptor = new SnapshotDescriptor
        {
            Compatibility = compatibility,
            IndexDigest = index,
            DepgraphDigest = digests.GetValueOrDefault("depgraph_digest"),
        };
        return LegacyProblem.None;
    }

    private static LegacyProblem TryReadSchema(ref Utf8JsonReader reader, ref int? schema)
    {
        if (schema is not null || reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out int number))
        {
            return LegacyProblem.BadMember;
        }

        schema = number;
        return number == Schema ? LegacyProblem.None : LegacyProblem.BadVersion;
    }

    private static LegacyProblem TryReadDigest(
        ref Utf8JsonReader reader, string name, Dictionary<string, Blake3Digest?> digests)
    {
        bool mayBeNull = name == "depgraph_digest";
        if (!mayBeNull && name is not ("compatibility" or "index_digest"))
        {
            return LegacyProblem.BadMember;
        }

        Blake3Digest? digest = null;
        if (reader.TokenType == JsonTokenType.String)
        {
            if (!Blake3Digest.TryParse(ReadString(ref reader), out Blake3Digest parsed))
            {
                return LegacyProblem.BadDigest;
            }

            digest = parsed;
        }
        else if (!mayBeNull || reader.TokenType != JsonTokenType.Null)
        {
            return LegacyProblem.BadMember;
        }

        return digests.TryAdd(name, digest) ? LegacyProblem.None : LegacyProblem.BadMember;
    }

    // What is no UTF-8, or half a surrogate pair, is no member's name and no digest.
    private static string ReadString(ref Utf8JsonReader reader)
    {
        Span<char> chars = stackalloc char[2 * Blake3Digest.TextLength];
        return reader.HasValueSequence || reader.ValueSpan.Length > chars.Length || reader.ValueIsEscaped
            ? ""
            : new string(chars[..System.Text.Encoding.UTF8.GetChars(reader.ValueSpan, chars)]);
    }
}
