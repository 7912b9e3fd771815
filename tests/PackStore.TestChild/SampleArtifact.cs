using System.Buffers.Binary;
using System.Collections.Concurrent;

namespace PackStore.TestChild;

/// <summary>
/// Artifacts whose bytes follow from a key number and a version alone, so that any process can tell, from the bytes of
/// a hit, which version it
/// is and whether it is whole.
/// </summary>
public static class SampleArtifact
{
    /// <summary>The shortest payload: it tells its key and version.</summary>
    public const int MinLength = 16;

    private const int MaxKept = 4096;
    private const int MaxKeptLength = 16 << 10;

    // Made once, as tests ask for the same ones millions of times. Never written to.
    private static readonly ConcurrentDictionary<int, ArtifactKey> s_keys = [];
    private static readonly ConcurrentDictionary<(int Key, int Version, int Index, int Length), byte[]> s_payloads = [];

    /// <summary>The key of a number; numbers from 1000 on have long keys, whose ends lie outside the record's
    /// header.</summary>
    public static ArtifactKey Key(int number) => s_keys.GetOrAdd(number, MakeKey);

    private static ArtifactKey MakeKey(int number)
    {
        Span<byte> bytes = stackalloc byte[number >= 1000 ? 48 : 32];
        new Random(number).NextBytes(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        return ArtifactKey.FromBytes(bytes);
    }

    /// <summary>The number of a key made here.</summary>
    public static int NumberOf(in ArtifactKey key)
    {
        Span<byte> bytes = stackalloc byte[ArtifactKey.MaxLength];
        key.CopyTo(bytes);
        return BinaryPrimitives.ReadInt32LittleEndian(bytes);
    }

    /// <summary>Whether the payloads of a key are of a kind that compresses well: those of 500 to 999.</summary>
    public static bool IsCompressible(int key) => key is >= 500 and < 1000;

    /// <summary>The bytes of one payload.</summary>
    public static byte[] Payload(int key, int version, int index, int length)
    {
        // So many bytes at a time are the same.
        int alike = IsCompressible(key) ? 63 : 7;
        byte[] bytes = new byte[Math.Max(length, MinLength)];
        ulong state = ((ulong)(uint)key << 32 | (uint)version) * 0x9E3779B97F4A7C15UL + (ulong)index;
        for (int at = MinLength; at < bytes.Length; at++)
        {
            if ((at & alike) == 0)
            {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
            }

            bytes[at] = (byte)(state >> ((at & 7) * 8));
        }

        BinaryPrimitives.WriteInt32LittleEndian(bytes, key);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), index);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), bytes.Length);
        return bytes;
    }

    /// <summary>All payloads of a version.</summary>
    public static IReadOnlyList<ArtifactPayload> Payloads(int key, int version, params int[] lengths) =>
        [.. lengths.Select((length, i) => ArtifactPayload.FromBytes($"out/{i}", Payload(key, version, i, length)))];

    /// <summary>Standard output, which tells how many payloads there are.</summary>
    public static ArtifactOutcome Outcome(int version, int count) => new()
    {
        ExitCode = version,
        StandardOutput = BitConverter.GetBytes(count),
    };

    /// <summary>A put of a version.</summary>
    public static ArtifactPut Put(int key, int version, params int[] lengths) => new()
    {
        Key = Key(key),
        Outcome = Outcome(version, lengths.Length),
        Payloads = Payloads(key, version, lengths),
    };

    /// <summary>The version that a lookup finds: 0 for a miss. Throws if a hit is not, to the last byte, what that
    /// version was.</summary>
    public static int VersionOf(ArtifactStore store, int key)
    {
        using PayloadLease lease = store.EnsurePayloads(Key(key));
        return lease.IsHit ? VersionOf(lease, key) : 0;
    }

    /// <summary>The version of a hit.</summary>
    public static int VersionOf(in PayloadLease lease, int key)
    {
        int version = lease.Metadata.ExitCode;
        if (lease.StandardOutput.Length != sizeof(int) || BitConverter.ToInt32(lease.StandardOutput) != lease.Count)
        {
            throw new InvalidDataException(
                    $"key {key} version {version}: standard output does not fit {lease.Count} payloads");
        }

        for (int i = 0; i < lease.Count; i++)
        {
            ReadOnlySpan<byte> found = lease[i];
            if (!found.SequenceEqual(Expected(key, version, i, found.Length)))
            {
                throw new InvalidDataException(
                    $"key {key} version {version}: payload {i} of {found.Length} bytes is not what was put");
            }
        }

        return version;
    }

    private static byte[] Expected(int key, int version, int index, int length)
    {
        (int, int, int, int) what = (key, version, index, length);
        if (s_payloads.TryGetValue(what, out byte[]? known))
        {
            return known;
        }

        byte[] made = Payload(key, version, index, length);
        if (length <= MaxKeptLength && s_payloads.Count < MaxKept)
        {
            s_payloads.TryAdd(what, made);
        }

        return made;
    }
}
