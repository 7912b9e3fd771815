using System.Buffers.Binary;
using System.IO.Hashing;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using PackStore.Migration.Legacy;
using PackStore.Migration.Legacy.Redb;
using PackStore.TestKit;
using PackStore.Tests.Format;
using Xunit;

namespace PackStore.Tests.Migration;

/// <summary>Databases of every shape, damaged, unfinished and hostile: what is returned was written, the rest is
/// noted.</summary>
public class RedbTests
{
    private const int FlagsOffset = 9;
    private const int FirstSlotOffset = 64;
    private const int SecondSlotOffset = 192;
    private const int TransactionOffset = 104;
    private const byte RecoveryFlag = 2;
    private const byte TwoPhaseFlag = 4;

    [Property(MaxTest = 200)]
    public Property Rows_of_any_tree_come_back_in_order() => Prop.ForAll(
        FormatGens.Bytes(0, 900).ArrayOf().ToArbitrary(), Gen.Choose(1, 5).ToArbitrary(),
        Gen.Choose(2, 5).ToArbitrary(), (values, perLeaf, children) =>
        {
            (byte[], byte[])[] rows = [.. values.Select((v, i) => (BitConverter.GetBytes(i), v))];
            byte[] file = new RedbForge(512, perLeaf, children).Build(9, ("other", []), ("artifacts", rows));
            RedbReader reader = Open(file);
            Assert.Equal((3, 9UL, false), (reader.FormatVersion, reader.TransactionId, reader.WasUnclean));
            Assert.Equal(values, reader.Rows("artifacts").Select(row => row.Value.ToArray()));
            Assert.Equal(values.Length, reader.Rows("artifacts").Count());
            Assert.Empty(reader.Losses);
        });

    [Property(MaxTest = 500)]
    public Property After_any_damage_every_row_returned_was_written_and_what_is_missing_is_noted() => Prop.ForAll(
        FormatGens.Bytes(1, 6).ToArbitrary(), Gen.Choose(0, int.MaxValue).ToArbitrary(), (noise, place) =>
        {
            byte[] sample = LegacyReaders.RedbSample();
            HashSet<string> written = [.. RowTexts(Open(sample))];
            byte[] damaged = [.. sample];
            int at = place % (damaged.Length - noise.Length);
            noise.CopyTo(damaged, at);
            if (RedbReader.TryOpen(new MemoryLegacyBytes(damaged), out RedbReader? reader, out _))
            {
                string[] found = [.. RowTexts(reader!)];
                Assert.Subset(written, found.ToHashSet());
                Assert.True(found.Length == written.Count || reader!.Losses.Count > 0);
            }
        });

    [Fact]
    public void A_damaged_leaf_costs_its_own_rows()
    {
        byte[] file = LegacyReaders.RedbSample();
        int all = Open(file).Rows("artifacts").Count();
        file[(2 * 512) + 100] ^= 1;
        RedbReader reader = Open(file);
        Assert.Equal(all - 3, reader.Rows("artifacts").Count());
        Assert.Equal([LegacyProblem.BadChecksum], reader.Losses.Select(loss => loss.Problem));
    }

    [Theory]
    [InlineData(60, 0)]
    [InlineData(64, 1)]
    [InlineData(500, 1)]
    public void A_tree_deeper_than_any_is_read_down_to_a_bound(int depth, int losses)
    {
        RedbReader reader = Open(new RedbForge().BuildDeep(depth));
        Assert.Equal(losses == 0 ? depth + 1 : 63, reader.Rows("artifacts").Count());
        Assert.Equal(
            Enumerable.Repeat(LegacyProblem.TooDeep, losses), reader.Losses.Select(loss => loss.Problem).Distinct());
    }

    [Fact]
    public void A_page_that_is_reached_twice_is_read_once()
    {
        RedbReader reader = Open(new RedbForge().BuildTwice());
        Assert.Single(reader.Rows("artifacts"));
        Assert.Equal([LegacyProblem.PageReused], reader.Losses.Select(loss => loss.Problem));
    }

    [Fact]
    public void A_page_number_outside_the_file_or_with_unknown_bits_is_lost()
    {
        foreach (ulong number in new[] { 1UL << 19, 1UL << 20, 1UL << 40, 20UL << 59, 31UL << 59, ulong.MaxValue })
        {
            byte[] file = LegacyReaders.RedbSample();
            BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(FirstSlotOffset + 8), number);
            SealSlot(file, FirstSlotOffset);
            RedbReader reader = Open(file);
            Assert.Empty(reader.Rows("artifacts"));
            Assert.Equal([LegacyProblem.BadPage], reader.Losses.Select(loss => loss.Problem));
        }
    }

    [Theory]
    [InlineData(0, 5UL, 6UL, 5UL)]
    [InlineData(RecoveryFlag, 5UL, 6UL, 6UL)]
    [InlineData(RecoveryFlag, 6UL, 5UL, 6UL)]
    [InlineData(RecoveryFlag | TwoPhaseFlag, 5UL, 6UL, 5UL)]
    public void After_a_kill_the_newer_commit_is_taken_unless_the_primary_is_vouched_for(
        byte flags, ulong first, ulong second, ulong taken)
    {
        byte[] file = TwoCommits(flags, first, second);
        Assert.Equal(taken, Open(file).TransactionId);
        Assert.Equal((flags & RecoveryFlag) != 0, Open(file).WasUnclean);
    }

    [Fact]
    public void After_a_kill_a_newer_commit_that_is_not_whole_gives_way_to_the_older()
    {
        byte[] file = TwoCommits(RecoveryFlag, 5, 6);
        file[SecondSlotOffset + 16] ^= 1;
        SealSlot(file, SecondSlotOffset);
        RedbReader reader = Open(file);
        Assert.Equal(5UL, reader.TransactionId);
        Assert.NotEmpty(reader.Rows("artifacts"));
        Assert.Empty(reader.Losses);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(RecoveryFlag)]
    public void A_torn_slot_gives_way_to_the_other_and_two_are_refused(byte flags)
    {
        byte[] file = TwoCommits(flags, 5, 6);
        file[FirstSlotOffset + TransactionOffset] ^= 1;
        Assert.Equal(6UL, Open(file).TransactionId);
        file[SecondSlotOffset + TransactionOffset] ^= 1;
        Assert.False(RedbReader.TryOpen(new MemoryLegacyBytes(file), out _, out LegacyProblem problem));
        Assert.Equal(LegacyProblem.BadChecksum, problem);
    }

    [Theory]
    [InlineData(0, 0, LegacyProblem.BadMagic)]
    [InlineData(12, 0, LegacyProblem.BadVariant)]
    [InlineData(12, 513, LegacyProblem.BadVariant)]
    [InlineData(12, 1 << 21, LegacyProblem.BadVariant)]
    [InlineData(16, int.MaxValue, LegacyProblem.BadVariant)]
    [InlineData(20, 0, LegacyProblem.BadVariant)]
    [InlineData(20, -1, LegacyProblem.BadVariant)]
    [InlineData(FirstSlotOffset, 1, LegacyProblem.BadVersion)]
    [InlineData(FirstSlotOffset, 4, LegacyProblem.BadVersion)]
    public void A_header_that_no_redb_wrote_is_refused(int at, int value, object problem)
    {
        byte[] file = LegacyReaders.RedbSample();
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(at), value);
        Assert.False(RedbReader.TryOpen(new MemoryLegacyBytes(file), out _, out LegacyProblem found));
        Assert.Equal(problem, found);
    }

    private static IEnumerable<string> RowTexts(RedbReader reader) =>
        reader.Rows("artifacts").Select(r => $"{Convert.ToHexString(r.Key.Span)} {Convert.ToHexString(r.Value.Span)}");

    private static byte[] TwoCommits(byte flags, ulong first, ulong second)
    {
        byte[] file = LegacyReaders.RedbSample();
        file.AsSpan(FirstSlotOffset, RedbSlot.Size).CopyTo(file.AsSpan(SecondSlotOffset));
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(FirstSlotOffset + TransactionOffset), first);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(SecondSlotOffset + TransactionOffset), second);
        SealSlot(file, FirstSlotOffset);
        SealSlot(file, SecondSlotOffset);
        file[FlagsOffset] = flags;
        return file;
    }

    private static void SealSlot(byte[] file, int offset) => BinaryPrimitives.WriteUInt128LittleEndian(
        file.AsSpan(offset + 112), XxHash128.HashToUInt128(file.AsSpan(offset, 112)));

    private static RedbReader Open(byte[] file)
    {
        Assert.True(RedbReader.TryOpen(new MemoryLegacyBytes(file), out RedbReader? reader, out LegacyProblem problem));
        Assert.Equal(LegacyProblem.None, problem);
        return reader!;
    }
}
