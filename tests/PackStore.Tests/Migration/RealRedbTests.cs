using PackStore.Migration.Legacy;
using PackStore.Migration.Legacy.Redb;
using PackStore.TestKit;
using Xunit;

namespace PackStore.Tests.Migration;

/// <summary>Databases that redb 2.6.3 and 4.1.0 wrote are read to the last row.</summary>
public class RealRedbTests
{
    public static TheoryData<string, int, bool, int> Files => new()
    {
        { "index-redb26-v2.redb.gz", 2, false, 405 },
        { "index-redb26-v3.redb.gz", 3, false, 404 },
        { "index-redb26-v2-unclean.redb.gz", 2, true, 4 },
        { "index-redb41-v3.redb.gz", 3, false, 4 },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_row_of_a_real_database_is_read(string name, int format, bool isUnclean, int rows)
    {
        RedbReader reader = Open(RealFiles.Read(name));
        Assert.Equal(format, reader.FormatVersion);
        Assert.Equal(isUnclean, reader.WasUnclean);
        Dictionary<string, byte[]> expected = Expected(rows);
        Dictionary<string, byte[]> found = RowsOf(reader, "artifacts");
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), found.Keys);
        Assert.All(expected, row => Assert.Equal(row.Value, found[row.Key]));
        Assert.Empty(reader.Losses);
        Assert.All(found, row => Assert.True(
            LegacyRowReader.TryReadR1(row.Value, row.Key, out LegacyRow? read, out _)
            && read!.FindProblem() == LegacyProblem.None));
    }

    [Fact]
    public void Another_table_of_the_same_file_is_read_and_an_absent_one_is_empty()
    {
        RedbReader reader = Open(RealFiles.Read("index-redb26-v2.redb.gz"));
        Assert.Equal(["artifacts", "kv"], reader.TableNames());
        Assert.Equal(
            new SortedDictionary<string, byte[]>(StringComparer.Ordinal)
            {
                ["ns-one::" + RealContent.KeyOf("kv1")] = RealFiles.Read("kv-row-inline.bin"),
                ["ns-one::" + RealContent.KeyOf("kv2")] = RealFiles.Read("kv-row-spilled.bin"),
            },
            RowsOf(reader, "kv"));
        Assert.Empty(reader.Rows("nothing"));
        Assert.Empty(reader.Losses);
    }

    private static Dictionary<string, byte[]> Expected(int rows)
    {
        List<LegacyRow> all = [.. RealContent.Rows(LegacyIndexShape.R1)];
        for (int i = 0; rows >= 404 && i < 400; i++)
        {
            all.Add(RealContent.Row($"many-{i}", 10 + (i % 40), ["m.o", "m.d"], [(ulong)i * 3, 11], 0));
        }

        if (rows == 405)
        {
            all.Add(RealContent.Row("big", 5, ["big.o"], [1], 0) with { Stderr = RealFiles.Pattern(6, 30_000) });
        }

        return all.ToDictionary(row => row.Key, row => LegacyEncoding.Row(LegacyIndexShape.R1, row));
    }

    private static RedbReader Open(byte[] file)
    {
        Assert.True(RedbReader.TryOpen(new MemoryLegacyBytes(file), out RedbReader? reader, out LegacyProblem problem));
        Assert.Equal(LegacyProblem.None, problem);
        return reader!;
    }

    private static Dictionary<string, byte[]> RowsOf(RedbReader reader, string table) =>
        reader.Rows(table).ToDictionary(
            entry => entry.TryGetKeyText(out string key) ? key : throw new InvalidDataException(),
            entry => entry.Value.ToArray());
}
