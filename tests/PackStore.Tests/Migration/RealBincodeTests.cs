using System.Text;
using PackStore.Migration.Legacy;
using PackStore.Migration.Legacy.Hashing;
using Xunit;

namespace PackStore.Tests.Migration;

/// <summary>What the real crates wrote is read as what went into it.</summary>
public class RealBincodeTests
{
    private static readonly (string Label, int Seed, string[] Names, ulong[] Sizes, int ExitCode)[] s_rows =
    [
        ("row-a", 1, ["a.o"], [10], 0),
        ("row-b", 2, ["libb.rlib", "libb.rmeta", "b.d"], [300, 20, 0], 0),
        ("row-err", 3, [], [], 1),
        ("row-utf8", 4, ["\u00fcn\u00ef-\u65e5\u672c.o"], [7], -1),
    ];

    [Theory]
    [InlineData("index-r1.bin", 1)]
    [InlineData("index-r2.bin", 2)]
    [InlineData("index-r3.bin", 3)]
    public void A_real_index_is_read_in_its_own_shape(string name, int shape)
    {
        Assert.True(LegacyIndexReader.TryRead(RealFiles.Read(name), out LegacyIndex? index, out LegacyProblem problem));
        Assert.Equal(LegacyProblem.None, problem);
        Assert.Equal((LegacyIndexShape)shape, index!.Shape);
        Assert.Equal(s_rows.Length, index.Rows.Count);
        for (int i = 0; i < s_rows.Length; i++)
        {
            LegacyRow row = index.Rows[i];
            AssertIsRow(i, row);
            Assert.Equal(row.Key, Encoding.UTF8.GetString(index.KeyUtf8(i)));
            Assert.Equal(shape >= 2 ? i % 3 : 0, row.Verdicts.Count);
            for (int v = 0; v < row.Verdicts.Count; v++)
            {
                Assert.Equal($"verdict-{v}-{KeyOf("v")}", row.Verdicts[v].Name);
                Assert.Equal(RealFiles.Pattern(v, 5), row.Verdicts[v].StandardOutput.ToArray());
                Assert.Equal("lint"u8.ToArray(), row.Verdicts[v].StandardError.ToArray());
                Assert.Equal(v, row.Verdicts[v].ExitCode);
            }

            uint[] modes = shape == 3 && i == 1 ? [0x81A4, 0x81A5, 0x81A6] : [];
            Assert.Equal(modes, row.Modes);
        }
    }

    [Fact]
    public void A_real_index_without_rows_is_empty_and_sound()
    {
        Assert.True(LegacyIndexReader.TryRead(RealFiles.Read("index-empty.bin"), out LegacyIndex? index, out _));
        Assert.Empty(index!.Rows);
    }

    [Fact]
    public void A_real_meta_of_shape_A_is_read()
    {
        Assert.True(LegacyMetaReader.TryRead(RealFiles.Read("meta-shape-a.bin"), out LegacyMeta? meta, out _));
        AssertIsMeta(meta!, LegacyMetaShape.A, 0);
    }

    [Fact]
    public void A_real_meta_of_shape_B_is_read()
    {
        Assert.True(LegacyMetaReader.TryRead(RealFiles.Read("meta-shape-b-bytes.bin"), out LegacyMeta? meta, out _));
        AssertIsMeta(meta!, LegacyMetaShape.B, -7);
    }

    [Fact]
    public void A_real_meta_whose_payload_is_a_path_is_refused_as_that()
    {
        Assert.False(LegacyMetaReader.TryRead(
            RealFiles.Read("meta-shape-b-path.bin"), out LegacyMeta? meta, out LegacyProblem problem));
        Assert.Null(meta);
        Assert.Equal(LegacyProblem.PathPayload, problem);
    }

    [Fact]
    public void A_real_staged_manifest_is_read_and_belongs_to_its_key()
    {
        byte[][] payloads = [RealFiles.Pattern(1, 1500), [], RealFiles.Pattern(2, 70_000)];
        Assert.True(StagedManifestReader.TryRead(
            RealFiles.Read("staged-manifest.bin"), out StagedManifest? manifest, out LegacyProblem problem));
        Assert.Equal(LegacyProblem.None, problem);
        Assert.Equal(
            payloads.Select((bytes, i) => new StagedRow((ulong)i, (ulong)bytes.Length, Blake3.HashData(bytes))),
            manifest!.Rows);
        Assert.Equal(LegacyProblem.None, manifest.FindProblem(KeyOf("staged"), manifest.Generation));
    }

    [Fact]
    public void A_real_directory_bundle_is_read()
    {
        Assert.True(DirectoryBundleReader.TryRead(
            RealFiles.Read("directory-bundle.bin"), out DirectoryBundle? bundle, out LegacyProblem problem));
        Assert.Equal(LegacyProblem.None, problem);
        Assert.Equal(0x41EDU, bundle!.RootMode);
        Assert.Equal(new DirectoryBundleTime(1_600_000_000, 765_432_100), bundle.RootModified);
        Assert.Equal(["Contents", "Contents/app"], bundle.Entries.Select(e => e.Path));
        Assert.Equal([false, true], bundle.Entries.Select(e => e.IsFile));
        Assert.Equal([0x41EDU, 0x81EDU], bundle.Entries.Select(e => e.Mode));
        Assert.Equal(RealFiles.Pattern(5, 40), bundle.Entries[1].Data.ToArray());
        Assert.Equal(new DirectoryBundleTime(1_600_000_002, 9), bundle.Entries[1].Modified);
    }

    internal static string KeyOf(string label) => Blake3.HashData(Encoding.UTF8.GetBytes(label)).ToString();

    private static void AssertIsRow(int i, LegacyRow row)
    {
        (string label, int seed, string[] names, ulong[] sizes, int exitCode) = s_rows[i];
        Assert.Equal(KeyOf(label), row.Key);
        Assert.Equal(names, row.Names);
        Assert.Equal(sizes, row.Sizes);
        Assert.Equal(RealFiles.Pattern(seed + 100, seed * 3), row.Stdout.ToArray());
        Assert.Equal($"warning: real crate row {seed}\n", Encoding.UTF8.GetString(row.Stderr.Span));
        Assert.Equal(exitCode, row.ExitCode);
        Assert.Equal(1_700_000_000UL + (ulong)seed, row.StoredAtSeconds);
        Assert.Equal(LegacyProblem.None, row.FindProblem());
    }

    private static void AssertIsMeta(LegacyMeta meta, LegacyMetaShape shape, int exitCode)
    {
        Assert.Equal(shape, meta.Shape);
        Assert.Equal(["unit.o", "unit.d", "\u00fcn\u00ef.o"], meta.Outputs.Select(o => o.Name));
        Assert.Equal(RealFiles.Pattern(7, 123), meta.Outputs[0].Data.ToArray());
        Assert.Empty(meta.Outputs[1].Data.ToArray());
        Assert.Equal(RealFiles.Pattern(9, 3), meta.Outputs[2].Data.ToArray());
        Assert.Equal("out\n"u8.ToArray(), meta.Stdout.ToArray());
        Assert.Equal("warning: w\n"u8.ToArray(), meta.Stderr.ToArray());
        Assert.Equal(exitCode, meta.ExitCode);
    }
}
