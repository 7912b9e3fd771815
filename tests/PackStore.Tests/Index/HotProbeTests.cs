using PackStore.Format;
using PackStore.Index;
using PackStore.Storage;
using PackStore.Tests.Engine;
using Xunit;

namespace PackStore.Tests.Index;

/// <summary>The short ways into the table say what the long one says, or nothing.</summary>
public sealed class HotProbeTests : IDisposable
{
    private const int Hour = 7;
    private const int Count = 4000;
    private readonly ScratchStore _scratch = new();
    private readonly IStoreDirectory _directory;
    private readonly HashList _hashes = new(Count, ulong.MaxValue);
    private readonly IndexTable _table;

    public HotProbeTests()
    {
        _directory = StoreDirectories.Open(_scratch.Root);
        _table = IndexTable.Create(_directory);
    }

    public void Dispose()
    {
        _table.Release();
        _directory.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public void Chains_of_overflow_buckets_lead_to_the_same_entries_as_the_long_way()
    {
        Fill();
        int chained = 0;
        for (int i = 0; i < Count; i++)
        {
            IndexProbe probe = _table.Probe(_hashes[i]);
            Assert.True(probe.MoveNext());
            ulong word = HotProbe.Find(_table, _hashes[i], Hour);
            chained += word == 0 ? 1 : 0;
            word = word == 0 ? HotProbe.FindChained(_table, _hashes[i], Hour) : word;
            Assert.Equal(probe.WordReference, word);
        }

        Assert.InRange(chained, Count / 2, Count);
    }

    [Fact]
    public void A_hash_that_is_not_there_is_absent_at_the_end_of_its_chain()
    {
        Fill();
        HashList others = new(Count + 1, ulong.MaxValue);
        int absent = 0;
        for (int i = 0; i < Count; i++)
        {
            bool isThere = _table.Probe(others[i]).MoveNext();
            ulong word = HotProbe.FindChained(_table, others[i], Hour);
            Assert.Equal(isThere, word != IndexWord.Absent);
            absent += isThere ? 0 : 1;
        }

        Assert.InRange(absent, Count / 2, Count);
    }

    [Fact]
    public void Entries_that_are_not_checked_or_not_of_the_hour_are_left_to_the_long_way()
    {
        Fill();
        for (int i = 0; i < Count; i++)
        {
            Assert.Equal(0UL, HotProbe.Find(_table, _hashes[i], Hour + 1));
            Assert.Equal(0UL, HotProbe.FindChained(_table, _hashes[i], Hour + 1));
            IndexProbe probe = _table.Probe(_hashes[i]);
            Assert.True(probe.MoveNext());
            probe.WordReference &= ~IndexWord.Verified;
            Assert.Equal(0UL, HotProbe.Find(_table, _hashes[i], Hour));
            Assert.Equal(0UL, HotProbe.FindChained(_table, _hashes[i], Hour));
            probe.WordReference |= IndexWord.Verified;
        }
    }

    [Fact]
    public void Nothing_is_absent_while_entries_move()
    {
        Fill();
        HashList others = new(Count + 1, ulong.MaxValue);
        ulong shape = _table.Shape;
        _table.SetShape(_table.BucketCount, TableShape.Version(shape) + 1);
        for (int i = 0; i < Count; i++)
        {
            Assert.NotEqual(IndexWord.Absent, HotProbe.Find(_table, others[i], Hour));
            Assert.NotEqual(IndexWord.Absent, HotProbe.FindChained(_table, others[i], Hour));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(IndexControl.MaxOverflow)]
    public void Links_to_nowhere_and_circles_say_nothing(int link)
    {
        Fill();
        HashList others = new(Count + 1, ulong.MaxValue);
        for (int number = 0; number < _table.OverflowCount; number++)
        {
            ref ulong control = ref _table.OverflowBucket(number)[0];
            control = IndexControl.WithOverflow(control, link);
        }

        for (int i = 0; i < Count; i++)
        {
            Assert.NotEqual(IndexWord.Absent, HotProbe.FindChained(_table, others[i], Hour));
        }
    }

    /// <summary>More than the buckets hold, each entry checked and used.</summary>
    private void Fill()
    {
        _table.Freeze();
        for (int i = 0; i < Count; i++)
        {
            _table.Insert(_hashes[i], HashList.Location(i), Hour - 1, _hashes);
        }

        for (int i = 0; i < Count; i++)
        {
            IndexProbe probe = _table.Probe(_hashes[i]);
            while (probe.MoveNext())
            {
                probe.SetVerified();
                _ = probe.Touch(Hour);
            }
        }
    }
}
