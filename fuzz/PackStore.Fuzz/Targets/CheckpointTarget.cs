using System.Buffers.Binary;
using System.IO.Hashing;
using PackStore.Format;

namespace PackStore.Fuzz.Targets;

/// <summary>CHECKPOINT.</summary>
internal sealed class CheckpointTarget : IFuzzTarget
{
    public string Name => "checkpoint";

    public IReadOnlyList<byte[]> Seeds() => [Make(0).Encode(), Make(1).Encode(), Make(5).Encode()];

    public bool Run(ReadOnlySpan<byte> input)
    {
        if (CheckpointRecord.TryDecode(input, Samples.Store.StoreId, out _) is not { } read)
        {
            return false;
        }

        CheckpointRecord? again = CheckpointRecord.TryDecode(read.Encode(), Samples.Store.StoreId, out _);
        FuzzFailureException.Require(
            again is not null && again with { Segments = read.Segments } == read
                && again.Segments.SequenceEqual(read.Segments),
            "encodes again");
        return true;
    }

    public void Repair(Span<byte> input)
    {
        if (input.Length < CheckpointRecordLayout.Size)
        {
            return;
        }

        BinaryPrimitives.WriteUInt64LittleEndian(input, CheckpointRecord.Magic);
        XxHash3 hash = new();
        hash.Append(input[..CheckpointRecordLayout.ChecksumOffset]);
        hash.Append(input[CheckpointRecordLayout.Size..]);
        BinaryPrimitives.WriteUInt64LittleEndian(
            input[CheckpointRecordLayout.ChecksumOffset..], hash.GetCurrentHashAsUInt64());
    }

    private static CheckpointRecord Make(int segments) => new(
        Samples.Store.StoreId, 3, Samples.Store.StoreId, 99, 2, segments % 2 == 0, new StoreCounters(1, 2, 3, 4),
        [
            .. Enumerable.Range(1, segments).Select(i => new CheckpointSegment(i, i != segments, 8192, 4096, 2048, 99)),
        ]);
}
