using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using PackStore.Tests.Format;
using Xunit;

namespace PackStore.Tests.Migration;

/// <summary>Cuts, flips and lengths that lie: each legacy reader refuses or reads, in memory that the file's size
/// bounds.</summary>
public class LegacyDamageTests
{
    // An output of no name in 16 bytes becomes a slice of 24 and an entry in a list or two; the text of the test itself
    // is not counted. Messages and lists that grow are in the constant.
    private const long BytesPerByte = 40;
    private const long FreeBytes = 32 << 10;

    private static readonly ulong[] s_lies =
        [1, 2, 255, uint.MaxValue, 1UL << 32, int.MaxValue, 1UL << 40, 1UL << 62, 1UL << 63, ulong.MaxValue];

    public static TheoryData<string> Names => [.. LegacyReaders.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_sample_itself_is_read(string name) => Assert.NotNull(Read(name, LegacyReaders.All[name].Sample));

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_proper_prefix_is_refused(string name)
    {
        byte[] sample = LegacyReaders.All[name].Sample;
        int step = Math.Max(1, sample.Length / 1500);
        for (int length = 0; length < sample.Length; length += step)
        {
            string? read = Read(name, sample[..length]);
            Assert.True(read is null, $"the first {length} of {sample.Length} bytes were read");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_single_bit_flip_is_refused_or_read_within_bounds(string name)
    {
        byte[] sample = LegacyReaders.All[name].Sample;
        int step = sample.Length > 2000 ? 37 : 1;
        for (int bit = 0; bit < sample.Length * 8; bit += step)
        {
            byte[] flipped = [.. sample];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            ReadWithinBounds(name, flipped);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_length_that_lies_anywhere_is_refused_or_read_within_bounds(string name)
    {
        byte[] sample = LegacyReaders.All[name].Sample;
        int step = Math.Max(1, sample.Length / 400);
        for (int at = 0; at + sizeof(ulong) <= sample.Length; at += step)
        {
            foreach (ulong lie in s_lies)
            {
                byte[] lying = [.. sample];
                BinaryPrimitives.WriteUInt64LittleEndian(lying.AsSpan(at), lie);
                ReadWithinBounds(name, lying);
            }
        }
    }

    [Property(MaxTest = 2000)]
    public Property No_reader_throws_on_arbitrary_bytes() => Prop.ForAll(
        FormatGens.Bytes(0, 400).ToArbitrary(),
        bytes => Assert.All(LegacyReaders.All.Keys, name => ReadWithinBounds(name, bytes)));

    /// <summary>The worst a file can make of its bytes: as many of the smallest items as fit.</summary>
    [Theory]
    [InlineData("index R3")]
    [InlineData("meta A")]
    [InlineData("meta B")]
    [InlineData("bundle")]
    public void Counts_of_the_smallest_items_stay_within_bounds(string name)
    {
        for (int count = 1; count < 5000; count += 371)
        {
            byte[] zeros = new byte[200_000];
            for (int at = 0; at < 48; at += 4)
            {
                byte[] file = [.. zeros];
                BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(at), (ulong)count);
                ReadWithinBounds(name, file);
            }
        }
    }

    private static string? Read(string name, byte[] bytes) => LegacyReaders.All[name].Read(bytes);

    // What is refused makes no text, so that the reader's own memory is measured; what is read is not longer than it
    // was.
    private static void ReadWithinBounds(string name, byte[] bytes)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        string? read = Read(name, bytes);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        long bound = FreeBytes + (BytesPerByte * bytes.Length);
        Assert.True(read is not null || allocated <= bound, $"{allocated} bytes for {bytes.Length}, at most {bound}");
    }
}
