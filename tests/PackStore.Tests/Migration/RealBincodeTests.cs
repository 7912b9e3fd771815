using System.Text;
using PackStore.Migration.Legacy;
using PackStore.Migration.Legacy.Hashing;
using PackStore.TestKit;
using Xunit;

namespace PackStore.Tests.Migration;

/// <summary>What the real crates wrote is read as what went into it, and the kit's encoders write the same
/// bytes.</summary>
public class RealBincodeTests
{
    [Theory]
    [InlineData("index-r1.bin", 1)]
    [InlineData("index-r2.bin", 2)]
    [InlineData("index-r3.bin", 3)]
    public void A_real_index_is_read_in_its_own_shape(string name, int number)
    {
        LegacyIndexShape shape = (LegacyIndexShape)number;
        Assert.True(LegacyIndexReader.TryRead(RealFiles.Read(name), out LegacyIndex? index, out LegacyProblem problem));
        Assert.Equal(LegacyProblem.None, problem);
        Assert.Equal(shape, index!.Shape);
        Assert.Equal(RealContent.Rows(shape).Select(LegacyText.Of), index.Rows.Select(LegacyText.Of));
        Assert.All(index.Rows, row => Assert.Equal(LegacyProblem.None, row.FindProblem()));
        Assert.Equal(
            index.Rows.Select(row => row.Key),
            Enumerable.Range(0, index.Count).Select(i => Encoding.UTF8.GetString(index.KeyUtf8(i))));
    }

    [Theory]
    [InlineData("index-r1.bin", 1)]
    [InlineData("index-r2.bin", 2)]
    [InlineData("index-r3.bin", 3)]
    public void The_kit_writes_an_index_as_the_real_crate_does(string name, int shape) => Assert.Equal(
        RealFiles.Read(name),
        LegacyEncoding.Index((LegacyIndexShape)shape, RealContent.Rows((LegacyIndexShape)shape)));

    [Fact]
    public void A_real_index_without_rows_is_empty_and_sound()
    {
        Assert.True(LegacyIndexReader.TryRead(RealFiles.Read("index-empty.bin"), out LegacyIndex? index, out _));
        Assert.Empty(index!.Rows);
    }

    [Theory]
    [InlineData("meta-shape-a.bin", 1)]
    [InlineData("meta-shape-b-bytes.bin", 2)]
    public void A_real_meta_is_read_and_written_the_same(string name, int number)
    {
        LegacyMetaShape shape = (LegacyMetaShape)number;
        byte[] real = RealFiles.Read(name);
        Assert.True(LegacyMetaReader.TryRead(real, out LegacyMeta? meta, out LegacyProblem problem));
        Assert.Equal(LegacyProblem.None, problem);
        Assert.Equal(LegacyText.Of(RealContent.Meta(shape)), LegacyText.Of(meta!));
        Assert.Equal(real, LegacyEncoding.Meta(RealContent.Meta(shape)));
    }

    [Fact]
    public void A_real_meta_whose_payload_is_a_path_is_refused_as_that()
    {
        byte[] real = RealFiles.Read("meta-shape-b-path.bin");
        Assert.False(LegacyMetaReader.TryRead(real, out LegacyMeta? meta, out LegacyProblem problem));
        Assert.Null(meta);
        Assert.Equal(LegacyProblem.PathPayload, problem);
        Assert.Equal(real, LegacyEncoding.MetaWithPaths([("p.o", "/build/out/p.o")]));
    }

    [Fact]
    public void A_real_staged_manifest_is_read_and_belongs_to_its_key()
    {
        byte[] real = RealFiles.Read("staged-manifest.bin");
        Assert.True(StagedManifestReader.TryRead(real, out StagedManifest? manifest, out LegacyProblem problem));
        Assert.Equal(LegacyProblem.None, problem);
        Assert.Equal(
            RealContent.StagedPayloads.Select((p, i) => new StagedRow((ulong)i, (ulong)p.Length, Blake3.HashData(p))),
            manifest!.Rows);
        string key = RealContent.KeyOf("staged");
        Assert.Equal(LegacyProblem.None, manifest.FindProblem(key, manifest.Generation));

        IReadOnlyList<(ulong, ulong, string)> rows = LegacyEncoding.ManifestRows(RealContent.StagedPayloads);
        string generation = LegacyEncoding.Generation(key, rows);
        Assert.Equal(manifest.Generation.ToString(), generation);
        Assert.Equal(real, LegacyEncoding.Manifest(key, generation, rows));
    }

    [Fact]
    public void A_real_directory_bundle_is_read_and_written_the_same()
    {
        byte[] real = RealFiles.Read("directory-bundle.bin");
        Assert.True(DirectoryBundleReader.TryRead(real, out DirectoryBundle? bundle, out LegacyProblem problem));
        Assert.Equal(LegacyProblem.None, problem);
        Assert.Equal(LegacyText.Of(RealContent.Bundle), LegacyText.Of(bundle!));
        Assert.Equal(real, LegacyEncoding.DirectoryBundle(RealContent.Bundle));
    }
}
