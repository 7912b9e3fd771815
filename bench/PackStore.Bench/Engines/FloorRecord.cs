using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using PackStore.Bench.Data;

namespace PackStore.Bench.Engines;

/// <summary>The floor's record: one cache line <c>key 32 | u32 metadata length | u32 payloads | u32 length x 6</c>,
/// then the payloads, then the metadata; the next record starts on the next cache line.</summary>
internal static unsafe class FloorRecord
{
    internal const int HeaderLength = 64;

    internal static long Align(long value) => (value + 63) & ~63L;

    internal static void WriteHeader(
        long artifact, ReadOnlySpan<int> lengths, int metadataLength, Span<byte> destination)
    {
        Keys.Write(artifact, destination);
        BinaryPrimitives.WriteInt32LittleEndian(destination[32..], metadataLength);
        BinaryPrimitives.WriteInt32LittleEndian(destination[36..], lengths.Length);
        for (int i = 0; i < lengths.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(destination[(40 + (4 * i))..], lengths[i]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool HasKey(byte* record, ReadOnlySpan<byte> key) =>
        Vector256.Load(record) == Vector256.Create(key);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Read(byte* record, bool whole)
    {
        int payloads = *(int*)(record + 36);
        byte* at = record + HeaderLength;
        ulong sum = 0;
        for (int p = 0; p < payloads; p++)
        {
            int length = *(int*)(record + 40 + (4 * p));
            var payload = new ReadOnlySpan<byte>(at, length);
            sum += whole ? Consume.All(payload) : Consume.Start(payload);
            at += length;
        }

        return sum;
    }
}
