using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using PackStore.Migration.Legacy.Hashing;
using Xunit;

namespace PackStore.Tests.Migration;

/// <summary>BLAKE3 is that of the specification, however the input comes and whatever the processor can do.</summary>
public class Blake3Tests
{
    /// <summary>From the official test vectors of the BLAKE3 team: byte i of the input is i mod 251.</summary>
    [Theory]
    [InlineData(0, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262")]
    [InlineData(1, "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213")]
    [InlineData(64, "4eed7141ea4a5cd4b788606bd23f46e212af9cacebacdc7d1f4c6dc7f2511b98")]
    [InlineData(65, "de1e5fa0be70df6d2be8fffd0e99ceaa8eb6e8c93a63f2d8d1c30ecb6b263dee")]
    [InlineData(1023, "10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11")]
    [InlineData(1024, "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7")]
    [InlineData(1025, "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444")]
    [InlineData(2049, "5f4d72f40d7a5f82b15ca2b2e44b1de3c2ef86c426c95c1af0b6879522563030")]
    [InlineData(3072, "b98cb0ff3623be03326b373de6b9095218513e64f1ee2edd2525c7ad1e5cffd2")]
    [InlineData(7169, "a003fc7a51754a9b3c7fae0367ab3d782dccf28855a03d435f8cfe74605e7817")]
    [InlineData(31744, "62b6960e1a44bcc1eb1a611a8d6235b6b4b78f32e7abc4fb4c6cdcce94895c47")]
    [InlineData(102400, "bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085")]
    public void The_official_vectors_hold(int length, string expected)
    {
        Assert.Equal(expected, Blake3.HashData(Input(length)).ToString());
        Assert.Equal(expected, PlainBlake3.Hash(Input(length)));
    }

    [Fact]
    public void Every_length_around_a_chunk_and_a_batch_is_hashed_as_the_plain_tree_does()
    {
        int[] lengths =
        [
            .. Enumerable.Range(1, 40).SelectMany(n => Enumerable.Range((1024 * n) - 1, 3)),
            (128 << 10) - 1, 128 << 10, (128 << 10) + 1, (129 << 10) + 1, (255 << 10) + 7, (256 << 10) + 1, 700_001,
        ];
        Assert.All(lengths, n => Assert.Equal(PlainBlake3.Hash(Input(n)), Blake3.HashData(Input(n)).ToString()));
    }

    [Property(MaxTest = 150)]
    public Property Pieces_of_any_length_make_the_digest_of_the_whole() => Prop.ForAll(
        Gen.Choose(0, 300_000).ToArbitrary(), Gen.Choose(1, int.MaxValue).ToArbitrary(), (length, seed) =>
        {
            byte[] input = Input(length);
            Random random = new(seed);
            Blake3 hash = new();
            for (int at = 0; at < length;)
            {
                int most = random.Next(3) switch { 0 => 100, 1 => 3000, _ => 200_000 };
                int take = Math.Min(random.Next(most), length - at);
                hash.Update(input.AsSpan(at, take));
                at += take;
            }

            Assert.Equal(Blake3.HashData(input), hash.Finish());
        });

    [Fact]
    public void A_hash_may_go_on_after_a_digest_and_start_anew()
    {
        Blake3 hash = new();
        hash.Update(Input(5000).AsSpan(0, 2048));
        Assert.Equal(Blake3.HashData(Input(2048)), hash.Finish());
        hash.Update(Input(5000).AsSpan(2048));
        Assert.Equal(Blake3.HashData(Input(5000)), hash.Finish());
        hash.Reset();
        Assert.Equal(Blake3.HashData([]), hash.Finish());
    }

    [SkippableTheory]
    [InlineData(8)]
    [InlineData(16)]
    public void Vectors_hash_any_number_of_lanes_as_the_plain_code_does(int lanes)
    {
        Skip.IfNot(lanes == 16 ? Avx512F.IsSupported : Avx2.IsSupported, "the processor has no such vectors");
        for (int count = 1; count <= lanes; count++)
        {
            // A counter that steps over 32 bits between the lanes.
            foreach (Blake3Run run in new[] { Blake3Run.Chunks(uint.MaxValue - 1), Blake3Run.Parents })
            {
                byte[] input = Input(count * run.InputBytes);
                uint[] expected = new uint[count * 8];
                for (int i = 0; i < count; i++)
                {
                    Blake3Lanes.HashOne(input.AsSpan(i * run.InputBytes), run.Skip(i), expected.AsSpan(i * 8));
                }

                uint[] found = new uint[count * 8];
                if (lanes == 16)
                {
                    Blake3Lanes16.Hash(input, count, run, found);
                }
                else
                {
                    Blake3Lanes8.Hash(input, count, run, found);
                }

                Assert.Equal(expected, found);
            }
        }
    }

    [Theory]
    [InlineData("AF1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262")]
    [InlineData("af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f326")]
    [InlineData("gf1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262")]
    [InlineData("")]
    public void Only_64_lowercase_digits_are_a_digest(string text) => Assert.False(Blake3Digest.TryParse(text, out _));

    private static byte[] Input(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)(i % 251))];

    /// <summary>The tree as the specification defines it: split at the largest power of two of chunks.</summary>
    private static class PlainBlake3
    {
        public static string Hash(ReadOnlySpan<byte> data) =>
            Convert.ToHexStringLower(MemoryMarshal.AsBytes(Node(data, 0, Blake3Compression.Root).AsSpan()));

        private static uint[] Node(ReadOnlySpan<byte> data, ulong firstChunk, uint flags)
        {
            uint[] value = new uint[8];
            if (data.Length <= Blake3Compression.ChunkBytes)
            {
                Blake3Compression.CompressChunk(data, firstChunk, flags, value);
                return value;
            }

            ulong left = System.Numerics.BitOperations.RoundUpToPowerOf2(((ulong)data.Length + 1023) / 1024) / 2;
            uint[] pair =
            [
                .. Node(data[..(int)(left * 1024)], firstChunk, 0),
                .. Node(data[(int)(left * 1024)..], firstChunk + left, 0),
            ];
            Blake3Compression.CompressParent(pair, flags, value);
            return value;
        }
    }
}
