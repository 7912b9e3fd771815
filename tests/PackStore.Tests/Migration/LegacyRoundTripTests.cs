using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using PackStore.Migration.Legacy;
using PackStore.Migration.Legacy.Hashing;
using PackStore.TestKit;
using PackStore.Tests.Format;
using Xunit;

namespace PackStore.Tests.Migration;

/// <summary>Whatever the old encoders can write is read as what went in, in its own shape.</summary>
public class LegacyRoundTripTests
{
    [Property(MaxTest = 300)]
    public Property Every_index_is_read_in_its_own_shape_and_never_in_another() =>
        Prop.ForAll(LegacyGens.Rows.ToArbitrary(), rows => Assert.All(
            new[] { LegacyIndexShape.R1, LegacyIndexShape.R2, LegacyIndexShape.R3 }, shape =>
            {
                byte[] file = LegacyEncoding.Index(shape, rows);
                Assert.True(LegacyIndexReader.TryRead(file, out LegacyIndex? index, out _));
                Assert.Equal(shape, index!.Shape);
                Assert.Equal(file, LegacyEncoding.Index(shape, [.. index.Rows]));
                Assert.Equal(
                    rows.Select(row => LegacyText.Of(Reduce(row, shape))), index.Rows.Select(LegacyText.Of));
                Assert.Null(LegacyReaders.ReadIndex([.. file, 0]));
                Assert.Null(LegacyReaders.ReadIndex(file[..^1]));
            }));

    [Property(MaxTest = 300)]
    public Property Every_meta_is_read_in_its_own_shape_and_never_in_another() =>
        Prop.ForAll(LegacyGens.Meta.ToArbitrary(), meta =>
        {
            byte[] file = LegacyEncoding.Meta(meta);
            Assert.True(LegacyMetaReader.TryRead(file, out LegacyMeta? read, out _));

            // Without an output the two shapes are the same bytes.
            LegacyMetaShape expected = meta.Outputs.Count == 0 ? LegacyMetaShape.A : meta.Shape;
            Assert.Equal(LegacyText.Of(meta with { Shape = expected }), LegacyText.Of(read!));
            Assert.Null(LegacyReaders.ReadMeta([.. file, 0]));
            Assert.Null(LegacyReaders.ReadMeta(file[..^1]));
        });

    [Property(MaxTest = 300)]
    public Property Every_meta_that_has_a_path_for_a_payload_is_refused_as_that() =>
        Prop.ForAll(FormatGens.Name.ArrayOf().ToArbitrary(), FormatGens.Name.ToArbitrary(), (names, path) =>
        {
            byte[] file = LegacyEncoding.MetaWithPaths([("n", path), .. names.Select(name => (name, path))]);
            Assert.False(LegacyMetaReader.TryRead(file, out _, out LegacyProblem problem));
            Assert.Equal(LegacyProblem.PathPayload, problem);
        });

    [Property(MaxTest = 300)]
    public Property Every_manifest_is_read_and_has_the_generation_of_its_rows() =>
        Prop.ForAll(LegacyGens.Manifest.ToArbitrary(), given =>
        {
            (ulong, ulong, string)[] rows = [.. given.Rows.Select(r => (r.Index, r.Size, r.Digest.ToString()))];
            string generation = LegacyEncoding.Generation(given.Key, rows);
            byte[] file = LegacyEncoding.Manifest(given.Key, generation, rows);
            Assert.True(StagedManifestReader.TryRead(file, out StagedManifest? manifest, out _));
            Assert.Equal(given.Key, manifest!.Key);
            Assert.Equal(given.Rows, manifest.Rows);
            Assert.Equal(generation, StagedManifestReader.ComputeGeneration(given.Key, given.Rows).ToString());
            Assert.Null(LegacyReaders.ReadManifest([.. file, 0]));
            Assert.Null(LegacyReaders.ReadManifest(file[..^1]));
        });

    [Property(MaxTest = 300)]
    public Property Every_bundle_is_read_as_it_was_packed() =>
        Prop.ForAll(LegacyGens.Bundle.ToArbitrary(), bundle =>
        {
            byte[] file = LegacyEncoding.DirectoryBundle(bundle);
            Assert.Equal(LegacyText.Of(bundle), LegacyReaders.ReadBundle(file));
            Assert.Null(LegacyReaders.ReadBundle([.. file, 0]));
            Assert.Null(LegacyReaders.ReadBundle(file[..^1]));
        });

    [Property(MaxTest = 300)]
    public Property Every_pack_gives_its_payloads_back_and_no_prefix_of_one_does() =>
        Prop.ForAll(FormatGens.Bytes(0, 30).ArrayOf().ToArbitrary(), payloads =>
        {
            byte[] file = LegacyEncoding.Pack(payloads);
            Assert.True(LegacyPackReader.TryReadDirectory(file, file.Length, out LegacyRange[] ranges, out _));
            Assert.Equal(payloads, ranges.Select(r => file.AsSpan((int)r.Offset, (int)r.Length).ToArray()));
            ulong[] sizes = [.. payloads.Select(p => (ulong)p.Length)];
            Assert.Equal(LegacyProblem.None, LegacyPackReader.FindProblem(ranges, sizes));
            Assert.Equal(LegacyProblem.CountMismatch, LegacyPackReader.FindProblem(ranges, [.. sizes, 0]));
            for (int length = 0; length < file.Length; length++)
            {
                Assert.False(LegacyPackReader.TryReadDirectory(file.AsSpan(0, length), length, out _, out _));
            }
        });

    [Property(MaxTest = 300)]
    public Property A_digest_file_vouches_for_its_blob_and_is_found_by_the_blobs_name() =>
        Prop.ForAll(FormatGens.Bytes(0, 3000).ToArbitrary(), blob =>
        {
            Assert.True(CowHash.TryRead(LegacyEncoding.CowHashOf(blob), out Blake3Digest digest));
            Assert.Equal(Blake3.HashData(blob), digest);
            Assert.False(CowHash.TryRead(LegacyEncoding.CowHashOf(blob).AsSpan(1), out _));
        });

    private static LegacyRow Reduce(LegacyRow row, LegacyIndexShape shape) => row with
    {
        Verdicts = shape < LegacyIndexShape.R2 ? [] : row.Verdicts,
        Modes = shape < LegacyIndexShape.R3 ? [] : row.Modes,
    };
}
