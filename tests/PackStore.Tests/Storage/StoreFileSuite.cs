using PackStore.Storage;
using Xunit;

namespace PackStore.Tests.Storage;

/// <summary>What every file promises about bytes, lengths, maps and pages; run over each implementation.</summary>
public abstract class StoreFileSuite : StoreDirectorySuite
{
    private static int PageBytes => Environment.SystemPageSize;

    [Fact]
    public void Bytes_are_read_as_written_and_reading_stops_at_the_end()
    {
        using IStoreFile file = Directory.Create("a");
        byte[] bytes = Pattern(100_000);
        file.Write(50, bytes);
        byte[] read = new byte[200_000];
        Assert.Equal(100_050, file.Read(0, read));
        Assert.Equal(new byte[50], read[..50]);
        Assert.Equal(bytes, read[50..100_050]);
        Assert.Equal(0, file.Read(100_050, read));
        Assert.Equal(0, file.Read(1 << 20, read));
        Assert.Equal(100_050, file.Stat().Length);
    }

    [Theory]
    [InlineData((int)FileAdvice.ReadOnce)]
    [InlineData((int)FileAdvice.NeededSoon)]
    [InlineData((int)FileAdvice.NotNeeded)]
    public void Advice_changes_no_byte_and_never_fails(int advice)
    {
        using IStoreFile file = Directory.Create("a");
        byte[] bytes = Pattern(100_000);
        file.Write(0, bytes);
        MappedRegion region = file.Map(bytes.Length);
        (long, long)[] ranges = [(0, 100_000), (4096, 1), (99_999, 1 << 20), (-1, 5), (0, 0), (5, -5)];
        foreach ((long offset, long length) in ranges)
        {
            file.Advise((FileAdvice)advice, offset, length);
        }

        byte[] read = new byte[bytes.Length];
        Assert.Equal(bytes.Length, file.Read(0, read));
        Assert.Equal(bytes, read);
        Assert.True(region.TryPopulate(0, bytes.Length));
        Assert.Equal(bytes, region.Span(0, bytes.Length));
        region.Release();
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.Advise((FileAdvice)advice, 0, 1));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(700)]
    public void Gathered_pieces_follow_each_other(int count)
    {
        using IStoreFile file = Directory.Create("a");
        byte[] bytes = Pattern(count * 37);
        ReadOnlyMemory<byte>[] pieces = new ReadOnlyMemory<byte>[count];
        int at = 0;
        for (int i = 0; i < count; i++)
        {
            // Empty ones too.
            int length = i == count - 1 ? bytes.Length - at : i % 5 * 9;
            pieces[i] = bytes.AsMemory(at, length);
            at += length;
        }

        file.Write(10, pieces);
        byte[] read = new byte[bytes.Length];
        Assert.Equal(bytes.Length, file.Read(10, read));
        Assert.Equal(bytes, read);
    }

    [Fact]
    public void Reserved_space_is_length_and_zeros_and_never_shrinks()
    {
        using IStoreFile file = Directory.Create("a");
        file.Write(0, "abc"u8);
        file.Reserve(1_000_000);
        Assert.Equal(1_000_000, file.Stat().Length);
        Assert.True(file.Stat().AllocatedBytes >= 1_000_000);
        file.Reserve(10);
        Assert.Equal(1_000_000, file.Stat().Length);
        byte[] read = new byte[1_000_000];
        Assert.Equal(read.Length, file.Read(0, read));
        Assert.Equal("abc"u8.ToArray(), read[..3]);
        Assert.True(read.AsSpan(3).IndexOfAnyExcept((byte)0) < 0);
    }

    [Fact]
    public void A_map_shows_later_writes()
    {
        using IStoreFile file = Directory.Create("a");
        file.Reserve(10 * PageBytes);
        MappedRegion region = file.Map(10 * PageBytes);
        Assert.True(region.TryPopulate(0, 10 * PageBytes));
        file.Write(5000, "later"u8);
        Assert.True(region.Span(5000, 5).SequenceEqual("later"u8));
        region.Prefetch(5000);
        region.Release();
    }

    [SkippableFact]
    public void A_map_made_beyond_the_end_shows_what_the_file_grows_to()
    {
        Skip.IfNot(MapsBeyondEnd, "The runtime's own maps end where the file does.");
        using IStoreFile file = Directory.Create("a");
        MappedRegion region = file.Map(64 << 20);
        Assert.Equal(64 << 20, region.Capacity);
        Assert.False(region.TryPopulate(0, 1));
        file.Reserve(1 << 20);
        file.Write((1 << 20) - 4, "tail"u8);
        Assert.True(region.TryPopulate(0, 1 << 20));
        Assert.True(region.Span((1 << 20) - 4, 4).SequenceEqual("tail"u8));
        region.Release();
    }

    [Fact]
    public void Populating_beyond_the_end_says_no_and_does_no_harm()
    {
        using IStoreFile file = Directory.Create("a");
        file.Write(0, Pattern(PageBytes + 10));
        MappedRegion region = file.Map(16 * PageBytes);
        Assert.True(region.TryPopulate(0, PageBytes + 10));
        Assert.True(region.TryPopulate(PageBytes + 9, 1));
        Assert.True(region.TryPopulate(3, 0));
        Assert.False(region.TryPopulate(2 * PageBytes, 1));
        Assert.False(region.TryPopulate(PageBytes, 2 * PageBytes));
        Assert.False(region.TryPopulate(0, 1L << 40));
        Assert.True(region.Span(PageBytes, 10).SequenceEqual(Pattern(PageBytes + 10).AsSpan(PageBytes)));
        region.Release();
    }

    [Fact]
    public void A_map_outlives_the_file_that_it_was_made_from()
    {
        MappedRegion region;
        using (IStoreFile file = Directory.Create("a"))
        {
            file.Write(0, "stays"u8);
            region = file.Map(5);
        }

        Assert.True(region.TryPopulate(0, 5));
        Assert.True(region.Span(0, 5).SequenceEqual("stays"u8));
        Assert.True(region.TryAddReference());
        region.Release();
        Assert.True(region.Span(0, 5).SequenceEqual("stays"u8));
        region.Release();
        Assert.False(region.TryAddReference());
    }

    [Fact]
    public void A_range_outside_a_region_is_refused()
    {
        using IStoreFile file = Directory.Create("a");
        file.Write(0, Pattern(100));
        MappedRegion region = file.Map(100);
        Assert.Throws<ArgumentOutOfRangeException>(() => region.Span(90, 11).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => region.Span(-1, 1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => region.Span(0, -1).Length);
        region.Release();
    }

    [Fact]
    public void An_empty_file_can_be_mapped()
    {
        using IStoreFile file = Directory.Create("a");
        MappedRegion region = file.Map(0);
        Assert.Equal(0, region.Capacity);
        Assert.True(region.TryPopulate(0, 0));
        region.Release();
    }

    [Fact]
    public void A_shared_page_shows_words_to_another_reader()
    {
        using IStoreFile file = Directory.Create("HEAD");
        Assert.ThrowsAny<IOException>(file.MapPage);
        file.Write(0, new byte[SharedPage.Bytes]);
        using SharedPage writer = file.MapPage();
        using IStoreFile other = Directory.TryOpen("HEAD", writable: false)!;
        using SharedPage reader = other.MapPage();
        writer.Write(0, ulong.MaxValue);
        writer.Write(SharedPage.WordCount - 1, 0x0102030405060708);
        Assert.Equal(ulong.MaxValue, reader.Read(0));
        Assert.Equal(0UL, reader.Read(1));
        Assert.Equal(0x0102030405060708UL, reader.Read(SharedPage.WordCount - 1));
        Assert.Throws<InvalidOperationException>(() => reader.Write(0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => reader.Read(SharedPage.WordCount));
        byte[] bytes = new byte[8];
        Assert.Equal(8, file.Read(SharedPage.Bytes - 8, bytes));
        Assert.Equal(0x0102030405060708UL, BitConverter.ToUInt64(bytes));
    }

    [Fact]
    public void A_shared_page_outlives_its_file_and_refuses_use_after_dispose()
    {
        SharedPage page;
        using (IStoreFile file = Directory.Create("HEAD"))
        {
            file.Write(0, new byte[SharedPage.Bytes]);
            page = file.MapPage();
        }

        page.Write(7, 7);
        Assert.Equal(7UL, page.Read(7));
        page.Dispose();
        page.Dispose();
        Assert.Throws<ObjectDisposedException>(() => page.Read(7));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(0, 100)]
    [InlineData(1, 100)]
    public void A_file_put_into_a_table_is_a_private_copy(int pagesBefore, int odd)
    {
        using IStoreFile file = Directory.Create("a");
        byte[] bytes = Pattern((3 * PageBytes) + odd);
        file.Write(0, bytes);
        TableMemory table = Directory.ReserveTable(1 << 20);
        file.MapIntoTable(table, pagesBefore * PageBytes, odd, 3 * PageBytes);
        Span<byte> all = table.Elements<byte>((3 + pagesBefore) * PageBytes);
        Assert.True(all[(pagesBefore * PageBytes)..].SequenceEqual(bytes.AsSpan(odd, 3 * PageBytes)));
        all[pagesBefore * PageBytes] ^= 0xFF;
        byte[] read = new byte[1];
        file.Read(odd, read);
        Assert.Equal(bytes[odd], read[0]);
        Assert.ThrowsAny<IOException>(() => file.MapIntoTable(table, 0, PageBytes, 3 * PageBytes));
        table.Commit(512 << 10);
        Assert.Equal(0, table.Elements<byte>(512 << 10)[^1]);
        table.Release();
    }

    [Fact]
    public void A_range_is_copied_and_a_short_source_is_an_error()
    {
        using IStoreFile source = Directory.Create("a");
        using IStoreFile target = Directory.Create("b");
        byte[] bytes = Pattern(300_000);
        source.Write(0, bytes);
        target.CopyFrom(source, 1000, 77, 290_000);
        byte[] read = new byte[290_000];
        Assert.Equal(read.Length, target.Read(77, read));
        Assert.Equal(bytes[1000..291_000], read);
        Assert.Throws<EndOfStreamException>(() => target.CopyFrom(source, 200_000, 0, 200_000));
    }

    [Fact]
    public void A_clone_is_made_or_declined()
    {
        using IStoreFile source = Directory.Create("a");
        using IStoreFile target = Directory.Create("b");
        byte[] bytes = Pattern(4 * PageBytes);
        source.Write(0, bytes);
        if (target.TryCloneFrom(source, 0, 0, bytes.Length))
        {
            byte[] read = new byte[bytes.Length];
            Assert.Equal(read.Length, target.Read(0, read));
            Assert.Equal(bytes, read);
        }
        else
        {
            Assert.Equal(0, target.Stat().Length);
        }

        Assert.False(target.TryCloneFrom(source, 100, 0, 1000));
    }

    [Fact]
    public void Attributes_are_set_and_show_in_the_stamp()
    {
        using IStoreFile file = Directory.Create("a");
        DateTimeOffset before1970 = new(1969, 12, 31, 23, 59, 59, 250, TimeSpan.Zero);
        foreach (DateTimeOffset time in new[] { new DateTimeOffset(2020, 2, 3, 4, 5, 6, 789, TimeSpan.Zero),
            before1970 })
        {
            file.SetAttributes(SharedFile, time);
            long wanted = (time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) * 100;
            Assert.Equal(wanted, file.Stat().ModifiedNs);
            Assert.Equal(SharedFile, file.Stat().Mode);
        }

        file.SetAttributes(null, null);
        Assert.Equal(SharedFile, file.Stat().Mode);
    }

    [SkippableFact]
    public void A_stamp_tells_files_apart()
    {
        Skip.IfNot(KnowsIdentity, "The runtime does not tell inode numbers.");
        using IStoreFile a = Directory.Create("a");
        using IStoreFile b = Directory.Create("b");
        Assert.NotEqual(a.Stat().Inode, b.Stat().Inode);
        Assert.Equal(a.Stat().Device, b.Stat().Device);
        using IStoreFile again = Directory.TryOpen("a", writable: false)!;
        Assert.Equal(a.Stat(), again.Stat());
    }

    [Fact]
    public void A_file_of_the_store_refuses_to_be_cut()
    {
        using IStoreFile file = Directory.Create("a");
        file.Write(0, Pattern(10));
        Assert.Throws<InvalidOperationException>(() => file.TruncateForeign(5));
        Assert.Equal(10, file.Stat().Length);
    }

    [Fact]
    public void A_synced_file_reads_as_before()
    {
        using IStoreFile file = Directory.Create("a");
        file.Write(0, Pattern(10));
        file.Sync();
        byte[] read = new byte[10];
        Assert.Equal(10, file.Read(0, read));
        Assert.Equal(Pattern(10), read);
    }

    [Fact]
    public void A_closed_file_refuses_everything()
    {
        IStoreFile file = Directory.Create("a");
        file.Dispose();
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.Write(0, "x"u8));
        Assert.Throws<ObjectDisposedException>(file.Sync);
        Assert.Throws<ObjectDisposedException>(() => file.Stat());
        Assert.Throws<ObjectDisposedException>(() => file.Map(1));
    }

    internal static byte[] Pattern(int length)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
        {
            bytes[i] = (byte)((i * 31) + (i >> 8) + 1);
        }

        return bytes;
    }
}
