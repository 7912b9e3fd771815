using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using PackStore.Format;
using Xunit;

namespace PackStore.Tests.Format;

public class DirectoryBlockTests
{
    public static TheoryData<string> Clusters => [.. s_clusters.Keys];

    private static readonly Dictionary<string, Func<int, int, ulong>> s_clusters = new()
    {
        ["all zero"] = (_, _) => 0,
        ["all greatest"] = (_, _) => ulong.MaxValue,
        ["zero, the last one greatest"] = (i, n) => i == n - 1 ? ulong.MaxValue : 0,
        ["zero first, then greatest"] = (i, _) => i == 0 ? 0 : ulong.MaxValue,
        ["half zero, half greatest"] = (i, n) => i < n / 2 ? 0 : ulong.MaxValue,
        ["counting from zero"] = (i, _) => (ulong)i,
        ["counting up to the greatest"] = (i, n) => ulong.MaxValue - (ulong)(n - 1 - i),
        ["counting around the middle"] = (i, n) => (1UL << 63) - (ulong)(n / 2) + (ulong)i,
        ["pairs of equals"] = (i, n) => (ulong)(i / 2) * (ulong.MaxValue / (ulong)n),
        ["powers of two"] = (i, n) => 1UL << (int)(63L * i / n),
        ["even"] = (i, n) => (ulong)i * (ulong.MaxValue / (ulong)n),
        ["a cluster where its even place is far"] = (i, n) => i < n / 8 ? (ulong)i : ulong.MaxValue - (ulong)(n - i),
    };

    [Property]
    public Property A_block_is_read_back() => Prop.ForAll(FormatGens.Entries.ToArbitrary(), entries =>
    {
        (long Offset, int Count)[] contents = [(256, 4096), (1 << 20, 17)];
        byte[] record = new byte[DirectoryBlock.MeasureRecord(entries.Length, contents.Length, 0)];
        record.AsSpan().Fill(0xCC);
        DirectoryBlock.Write(record, entries, contents, 320, 1 << 21, 77, footer: null);
        RecordHeader.WriteSequence(record, 0);
        DirectoryBlock block = Read(record);
        Assert.Equal(entries.Length, block.Count);
        for (int i = 0; i < entries.Length; i++)
        {
            Assert.Equal(entries[i], block[i]);
        }

        Assert.Equal((2, contents[0], contents[1]), (block.ContentsCount, block.Contents(0), block.Contents(1)));
        Assert.Equal((320L, 1L << 21, 77UL), (block.CoveredFrom, block.CoveredTo, block.MaxSequence));
        Assert.Equal((false, 0L, 0), (block.IsFooter, block.LiveBytes, block.RecencyCount));
    });

    [Property]
    public Property A_footer_is_read_back() => Prop.ForAll(
        FormatGens.Entries.ToArbitrary(), Gen.Choose(0, ushort.MaxValue).ArrayOf().ToArbitrary(), (entries, recency) =>
        {
            DirectoryFooter footer = new(12345, [.. recency.Select(hour => (ushort)hour)]);
            byte[] record = new byte[DirectoryBlock.MeasureRecord(entries.Length, 0, recency.Length)];
            DirectoryBlock.Write(record, entries, [], 256, 4096, ulong.MaxValue, footer);
            DirectoryBlock block = Read(record);
            Assert.Equal((true, 12345L, 0), (block.IsFooter, block.LiveBytes, block.ContentsCount));
            Assert.Equal(recency.Length, block.RecencyCount);
            for (int i = 0; i < recency.Length; i++)
            {
                Assert.Equal(recency[i], block.Recency(i));
            }
        });

    [Fact]
    public void Many_payloads_are_told_as_many()
    {
        DirectoryEntry entry = new(1, 1, 256, 64, RecordKind.Artifact, true, 1000);
        DirectoryBlock block = Read(Make([entry]));
        Assert.Equal(entry with { PayloadCount = DirectoryBlock.ManyPayloads }, block[0]);
    }

    [Fact]
    public void An_empty_block_finds_nothing_and_is_read_back()
    {
        DirectoryBlock block = Read(Make([]));
        Assert.Equal(0, block.Count);
        Assert.Equal(0, block.LowerBound(0));
        Assert.Equal(0, block.LowerBound(ulong.MaxValue));
    }

    [Property(MaxTest = 500)]
    public Property LowerBound_is_that_of_a_linear_search_for_random_hashes() => Prop.ForAll(
        Gen.Choose(0, 5000).ToArbitrary(), Gen.Choose(0, int.MaxValue).ToArbitrary(), (count, seed) =>
        {
            Random random = new(seed);
            ulong[] hashes = [.. Enumerable.Range(0, count + 20).Select(_ => MakeHash(random))];
            AssertLowerBounds(hashes[20..], hashes[..Math.Min(40, hashes.Length)]);
        });

    [Property(MaxTest = 500)]
    public Property LowerBound_is_that_of_a_linear_search_for_clustered_hashes() => Prop.ForAll(
        FormatGens.Word.ArrayOf().ToArbitrary(), Gen.Choose(1, 300).ToArbitrary(), (centres, size) =>
        {
            IEnumerable<int> steps = Enumerable.Range(0, size);
            ulong[] hashes = [.. centres.SelectMany(c => steps.Select(i => unchecked(c + (ulong)(i / 2))))];
            AssertLowerBounds(hashes, centres);
        });

    [Theory]
    [MemberData(nameof(Clusters))]
    public void LowerBound_ends_and_is_right_for_adversarial_hashes(string name)
    {
        Func<int, int, ulong> make = s_clusters[name];
        foreach (int count in new[] { 1, 2, 3, 31, 32, 33, 4095, 4096, 20_000 })
        {
            ulong[] hashes = [.. Enumerable.Range(0, count).Select(i => make(i, count))];
            AssertLowerBounds(hashes, [hashes[0], hashes[count / 2], hashes[^1], hashes[count / 3]]);
        }
    }

    /// <summary>
    /// The step of the search doubled twice a round without a bound; past 2^31 it turned negative, then zero, and the
    /// search of a large block whose hashes cluster went on entry by entry.
    /// </summary>
    [Fact]
    public void LowerBound_is_right_in_a_large_block_whose_hashes_cluster()
    {
        const int Count = 1 << 20;
        ulong[] hashes = [.. Enumerable.Range(0, Count).Select(i => i == 0 ? 0 : ulong.MaxValue - (ulong)(Count - i))];
        DirectoryBlock block = Read(Make([.. hashes.Select(MakeEntry)]));
        for (int i = 1; i < Count; i += 7)
        {
            Assert.Equal(i, block.LowerBound(hashes[i]));
        }
    }

    [Fact]
    public void LowerBound_ends_when_the_hashes_are_not_sorted()
    {
        Random random = new(1);
        DirectoryEntry[] entries =
        [
            .. Enumerable.Range(0, 5000).Select(_ => MakeEntry(MakeHash(random))),
        ];
        DirectoryBlock block = Read(Make(entries));
        for (int i = 0; i < 5000; i++)
        {
            Assert.InRange(block.LowerBound(MakeHash(random)), 0, entries.Length);
        }
    }

    private static void AssertLowerBounds(ulong[] hashes, IEnumerable<ulong> wanted)
    {
        Array.Sort(hashes);
        DirectoryBlock block = Read(Make([.. hashes.Select(MakeEntry)]));
        ulong[] asked =
        [
            0, 1, ulong.MaxValue, ulong.MaxValue - 1,
            .. wanted.SelectMany(w => new[] { w, unchecked(w - 1), unchecked(w + 1) }),
        ];
        foreach (ulong hash in asked)
        {
            int linear = Array.FindIndex(hashes, h => h >= hash);
            Assert.Equal(linear < 0 ? hashes.Length : linear, block.LowerBound(hash));
        }
    }

    private static ulong MakeHash(Random random) => (ulong)random.NextInt64(long.MinValue, long.MaxValue);

    private static DirectoryEntry MakeEntry(ulong hash) => new(hash, 1, 256, 64, RecordKind.Artifact, false, 0);

    private static byte[] Make(DirectoryEntry[] entries)
    {
        byte[] record = new byte[DirectoryBlock.MeasureRecord(entries.Length, 0, 0)];
        DirectoryBlock.Write(record, entries, [], 256, 4096, 1, footer: null);
        return record;
    }

    private static DirectoryBlock Read(byte[] record)
    {
        ReadOnlySpan<byte> line = record.AsSpan(0, RecordHeaderLayout.Size);
        Assert.True(RecordHeader.TryRead(line, record.Length, out RecordHeader header));
        Assert.True(DirectoryBlock.TryRead(record, header, out DirectoryBlock block, out string? problem), problem);
        return block;
    }
}
