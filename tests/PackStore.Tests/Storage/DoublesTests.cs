using PackStore.Storage;
using PackStore.TestKit;
using Xunit;

namespace PackStore.Tests.Storage;

/// <summary>The doubles record, fail and poison as tests of the engine rely on.</summary>
public sealed class DoublesTests
{
    [Fact]
    public void A_transcript_names_every_change_in_order()
    {
        List<int> pending = [];
        MemoryDirectory disk = new();
        using RecordingDirectory directory = new(disk) { OnOperation = _ => pending.Add(disk.PendingUnits.Count) };
        directory.CreateDirectory("segments");
        using (IStoreFile file = directory.Create("segments/1.tmp"))
        {
            file.Reserve(4096);
            file.Write(0, "abc"u8);
            file.Write(3, new ReadOnlyMemory<byte>[] { "de"u8.ToArray(), "f"u8.ToArray() });
            file.Sync();
            _ = file.Stat();
            using SharedPage page = file.MapPage();
            page.Write(3, 1);
        }

        directory.Replace("segments/1.tmp", "segments/1.seg");
        directory.SyncDirectory("segments");
        directory.SyncDirectory(string.Empty);
        directory.Delete("segments/1.seg");
        string[] expected =
        [
            "mkdir segments", "create segments/1.tmp", "reserve segments/1.tmp 4096", "write segments/1.tmp 0 3",
            "write segments/1.tmp 3 3", "sync segments/1.tmp", "store segments/1.tmp 3",
            "rename segments/1.tmp segments/1.seg", "syncdir segments", "syncdir .", "delete segments/1.seg",
        ];
        Assert.Equal(expected, directory.Transcript);
        Assert.Equal([1, 2, 3, 4, 5, 2, 3, 4, 2, 1, 1], pending);
    }

    [Fact]
    public void The_chosen_operation_fails_once_with_the_chosen_errno()
    {
        using FaultingDirectory directory = new(new MemoryDirectory());
        using IStoreFile file = directory.Create("a");
        directory.Plan = new FaultPlan
        {
            Matches = static (operation, name) => operation == StoreOperation.Sync && name == "a",
            At = 2,
            Errno = StorageError.Eio,
        };
        file.Sync();
        IOException error = Assert.Throws<IOException>(file.Sync);
        Assert.Equal(StorageError.Eio, error.HResult);
        Assert.True(directory.Plan.HasStruck);
        file.Sync();
        Assert.Equal(3, directory.Plan.Matched);
    }

    [Fact]
    public void A_lasting_fault_fails_everything_from_then_on()
    {
        using FaultingDirectory directory = new(new MemoryDirectory());
        using IStoreFile file = directory.Create("a");
        directory.Plan = new FaultPlan { At = 2, IsLasting = true, Errno = StorageError.Erofs };
        file.Write(0, "fine"u8);
        IOException error = Assert.Throws<IOException>(() => file.Write(0, "not"u8));
        Assert.True(StorageError.IsReadOnly(error));
        Assert.Throws<IOException>(() => directory.Create("b"));
        Assert.Throws<IOException>(() => directory.Delete("a"));
        directory.Plan = null;
        Assert.True(directory.Delete("a"));
    }

    [Fact]
    public void A_short_write_leaves_its_first_half()
    {
        using FaultingDirectory directory = new(new MemoryDirectory());
        using IStoreFile file = directory.Create("a");
        FaultPlan Plan() => new()
        {
            Matches = static (operation, _) => operation == StoreOperation.Write,
            Errno = StorageError.Enospc,
            IsShortWrite = true,
        };
        directory.Plan = Plan();
        IOException error = Assert.Throws<StoreFullException>(() => file.Write(0, "12345678"u8));
        Assert.True(StorageError.IsNoSpace(error));
        Assert.Equal(4, file.Stat().Length);
        directory.Plan = Plan();
        ReadOnlyMemory<byte>[] pieces = ["1234"u8.ToArray(), "5678"u8.ToArray(), "90"u8.ToArray()];
        Assert.Throws<StoreFullException>(() => file.Write(4, pieces));
        Assert.Equal(9, file.Stat().Length);
    }

    [Fact]
    public void A_populate_and_a_reservation_can_fail()
    {
        using FaultingDirectory directory = new(new MemoryDirectory());
        using IStoreFile file = directory.Create("a");
        file.Reserve(8192);
        MappedRegion region = file.Map(8192);
        directory.Plan = new FaultPlan
        {
            Matches = static (operation, _) => operation == StoreOperation.Populate,
            Errno = StorageError.Eio,
        };
        Assert.False(region.TryPopulate(0, 10));
        Assert.True(region.TryPopulate(0, 10));
        directory.Plan = new FaultPlan
        {
            Matches = static (operation, _) => operation == StoreOperation.Reserve,
            Errno = StorageError.Enospc,
        };
        Assert.Throws<StoreFullException>(() => file.Reserve(1 << 20));
        Assert.Equal(8192, file.Stat().Length);
        region.Release();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Released_memory_is_inaccessible_for_ever(bool onDisk)
    {
        using TempStore temp = new();
        PoisonLedger ledger = new();
        using IStoreDirectory directory = onDisk
            ? new PoisoningDirectory(StoreDirectories.Open(temp.RootPath), ledger)
            : new MemoryDirectory { Ledger = ledger };
        using IStoreFile file = directory.Create("a");
        file.Write(0, new byte[10_000]);
        MappedRegion kept = file.Map(10_000);
        MappedRegion region = file.Map(10_000);
        Assert.True(PoisonLedger.IsReadable(region, 9_999));
        Assert.False(ledger.IsReleased(region));
        Assert.True(region.TryAddReference());
        region.Release();
        Assert.False(ledger.IsReleased(region));
        region.Release();
        Assert.True(ledger.IsReleased(region));
        Assert.False(ledger.IsReleased(kept));
        file.Reserve(100_000);
        for (int i = 0; i < 100; i++)
        {
            MappedRegion other = file.Map(10_000);
            Assert.False(ledger.IsReleased(other));
            other.Release();
        }

        Assert.False(PoisonLedger.IsReadable(region));
        Assert.True(PoisonLedger.IsReadable(kept));
        Assert.Equal(101, ledger.ReleaseCount);
        kept.Release();
    }

    [Fact]
    public void A_page_beyond_the_end_of_a_file_in_memory_cannot_be_touched()
    {
        MemoryDirectory disk = new();
        using IStoreFile file = disk.Create("a");
        file.Write(0, new byte[100]);
        MappedRegion region = file.Map(1 << 20);
        Assert.True(PoisonLedger.IsReadable(region));
        Assert.False(PoisonLedger.IsReadable(region, Environment.SystemPageSize));
        file.Reserve(1 << 20);
        Assert.True(PoisonLedger.IsReadable(region, (1 << 20) - 1));
        region.Release();
    }
}
