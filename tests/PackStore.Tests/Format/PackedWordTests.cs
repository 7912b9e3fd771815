using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using PackStore.Format;
using Xunit;

namespace PackStore.Tests.Format;

/// <summary>The words that hold several numbers: slots and control words of the index, places in HEAD.</summary>
public class PackedWordTests
{
    [Property(MaxTest = 1000)]
    public Property A_slot_holds_tag_and_location() => Prop.ForAll(
        FormatGens.Location.ToArbitrary(), Gen.Choose(0, 0xFFFF).ToArbitrary(), (location, tag) =>
        {
            ulong word = IndexWord.Make((ulong)tag, location);
            Assert.NotEqual(0UL, word);
            Assert.Equal(location, IndexWord.Location(word));
            Assert.Equal((ulong)tag, word >> IndexWord.TagShift);
            Assert.Equal(0UL, word & 3);
            Assert.Equal(location, IndexWord.Location(word | IndexWord.Verified));
            Assert.True(IndexWord.SameLocation(word, IndexWord.Make(0, location) | IndexWord.Verified));
        });

    [Property(MaxTest = 1000)]
    public Property Slots_of_two_places_differ() => Prop.ForAll(
        FormatGens.Location.ToArbitrary(), FormatGens.Location.ToArbitrary(), (a, b) =>
            Assert.Equal(a == b, IndexWord.SameLocation(IndexWord.Make(1, a), IndexWord.Make(2, b))));

    [Property(MaxTest = 1000)]
    public Property A_tag_is_sixteen_bits_of_the_hash() => Prop.ForAll(
        FormatGens.Word.ToArbitrary(), Gen.Choose(0, 63).ToArbitrary(), (hash, from) =>
            Assert.Equal((ushort)(hash >> from), IndexWord.Tag(hash, from)));

    [Property(MaxTest = 1000)]
    public Property Any_word_as_a_slot_leads_to_some_place_in_bounds() =>
        Prop.ForAll(FormatGens.Word.ToArbitrary(), word =>
        {
            RecordLocation location = IndexWord.Location(word);
            Assert.InRange(location.SegmentId, 0, FormatLimits.MaxSegmentId);
            Assert.InRange(location.Offset, 0, FormatLimits.MaxSegmentBytes - FormatLimits.RecordAlignment);
        });

    [Fact]
    public void The_bits_of_a_slot_are_where_the_drawing_has_them()
    {
        Assert.Equal(0xFFFF_0000_0000_0000UL, IndexWord.TagMask);
        Assert.Equal(0x0000_FFFF_FFFF_FFFCUL, IndexWord.LocationMask);
        Assert.Equal(0x0001_0000_0400_0004UL, IndexWord.Make(1, new RecordLocation(1, 64)));
    }

    [Property(MaxTest = 1000)]
    public Property The_parts_of_a_control_word_do_not_touch_each_other() => Prop.ForAll(
        FormatGens.Word.ToArbitrary(), Gen.Choose(0, IndexControl.MaxOverflow + 1).ToArbitrary(), (control, overflow) =>
        {
            ulong changed = IndexControl.WithOverflow(control, overflow);
            Assert.Equal(overflow, IndexControl.Overflow(changed));
            Assert.Equal(control & ~IndexControl.OverflowMask, changed & ~IndexControl.OverflowMask);
            Assert.Equal(IndexControl.TagBase(control), IndexControl.TagBase(changed));
            Assert.InRange(IndexControl.TagBase(control), 0, 63);
        });

    [Fact]
    public void The_bits_of_a_control_word_are_where_the_drawing_has_them()
    {
        Assert.Equal(0xFFFF_FF00_0000_0000UL, IndexControl.OverflowMask);
        Assert.Equal(0x0000_00FF_FF00_0000UL, IndexControl.HourMask);
        Assert.Equal(0x0000_0000_0000_1F80UL, IndexControl.TagBaseMask);
        Assert.Equal(0x0000_0000_0000_007FUL, IndexControl.TouchedMask);
    }

    [Property(MaxTest = 1000)]
    public Property A_place_in_HEAD_is_read_back() => Prop.ForAll(FormatGens.Location.ToArbitrary(), place =>
        Assert.Equal(place, HeadWords.Unpack(HeadWords.Pack(place))));

    [Fact]
    public void The_bits_of_a_place_in_HEAD_are_where_the_drawing_has_them() =>
        Assert.Equal(0x0000_0002_0000_0003UL, HeadWords.Pack(new RecordLocation(2, 192)));

    [Property(MaxTest = 1000)]
    public Property Locations_sort_by_segment_then_offset() => Prop.ForAll(
        FormatGens.Location.ToArbitrary(), FormatGens.Location.ToArbitrary(), (a, b) =>
            Assert.Equal(
                Math.Sign((a.SegmentId, a.Offset).CompareTo((b.SegmentId, b.Offset))), Math.Sign(a.CompareTo(b))));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 64)]
    [InlineData(64, 64)]
    [InlineData(65, 128)]
    [InlineData(1L << 40, 1L << 40)]
    public void Lengths_round_up_to_lines(long length, long expected) =>
        Assert.Equal(expected, FormatLimits.AlignRecord(length));

    [Fact]
    public void The_hash_of_a_key_depends_on_the_seed() =>
        Assert.NotEqual(
            new KeyHash(1).Of(ArtifactKey.FromBytes([1, 2, 3])), new KeyHash(2).Of(ArtifactKey.FromBytes([1, 2, 3])));

    [Fact]
    public void The_hash_of_a_digest_is_XxHash3_of_its_bytes()
    {
        Random random = new(7);
        byte[] bytes = new byte[KeyHash.DigestLength];
        foreach (long seed in new[] { 0, 1, -1, long.MinValue, random.NextInt64(), random.NextInt64() })
        {
            for (int i = 0; i < 100; i++)
            {
                random.NextBytes(bytes);
                ArtifactKey key = ArtifactKey.FromBytes(bytes);
                ulong expected = System.IO.Hashing.XxHash3.HashToUInt64(bytes, seed);
                Assert.Equal(expected, new KeyHash((ulong)seed).OfDigest(key));
                Assert.Equal(expected, new KeyHash((ulong)seed).Of(key));
            }
        }
    }

    /// <summary>The empty input's value as the xxHash specification's reference implementation gives it.</summary>
    [Fact]
    public void The_checksum_is_XxHash3_with_seed_0()
    {
        Assert.Equal(0x2D06_8005_38D3_94C2UL, Checksum.Of([]));
        Assert.Equal(0x38D3_94C2U, Checksum.Short([]));
    }
}
