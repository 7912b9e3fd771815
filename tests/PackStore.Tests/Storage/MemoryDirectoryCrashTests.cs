using System.Text;
using PackStore.Storage;
using PackStore.TestKit;
using Xunit;

namespace PackStore.Tests.Storage;

/// <summary>The disk in memory loses what a power cut may lose, and nothing else.</summary>
public sealed class MemoryDirectoryCrashTests : IDisposable
{
    private readonly MemoryDirectory _disk = new();

    public void Dispose()
    {
        _disk.Discard();
        _disk.Dispose();
    }

    [Fact]
    public void What_was_synced_survives_every_crash()
    {
        _disk.CreateDirectory("d");
        _disk.SyncDirectory(string.Empty);
        using IStoreFile file = _disk.Create("d/a");
        file.Write(0, "synced"u8);
        file.Sync();
        _disk.SyncDirectory("d");
        Assert.Empty(_disk.PendingUnits);

        file.Write(6, " and not"u8);
        _disk.Create("d/b").Dispose();
        _disk.Replace("d/b", "d/c");
        int states = 0;
        foreach (MaskChooser chooser in MaskChooser.All(_disk.PendingUnits.Count))
        {
            MemoryDirectory image = _disk.Crash(chooser);
            Assert.StartsWith("synced", Text(image, "d/a"), StringComparison.Ordinal);
            image.Discard();
            states++;
        }

        Assert.Equal(1 << 4, states);
        for (int seed = 0; seed < 200; seed++)
        {
            Assert.StartsWith("synced", Text(_disk.Crash(new SeededChooser(seed)), "d/a"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_unsynced_write_is_lost_or_kept_or_torn()
    {
        using IStoreFile file = SyncedFile("a", new byte[2048]);
        file.Write(100, Filled(1600, 1));
        Assert.Equal(["data a 100 1600"], _disk.PendingUnits.Select(static unit => unit.ToString()));
        Assert.All(Bytes(_disk.Crash(MaskChooser.LoseAll), "a"), static value => Assert.Equal(0, value));
        Assert.Equal(1600, Bytes(_disk.Crash(MaskChooser.KeepAll), "a").Count(static value => value == 1));

        DelegateChooser torn = new(
            static _ => CrashFate.Torn,
            static offset => offset switch
            {
                100 => TornPart.New,
                512 => TornPart.Old,
                1024 => TornPart.Zero,
                _ => TornPart.Garbage,
            });
        byte[] bytes = Bytes(_disk.Crash(torn), "a");
        Assert.Equal(Filled(412, 1), bytes[100..512]);
        Assert.Equal(new byte[1024], bytes[512..1536]);
        Assert.DoesNotContain((byte)1, bytes[1536..1537]);
        Assert.Equal(new byte[348], bytes[1700..]);
    }

    [Fact]
    public void A_length_can_survive_without_its_data_and_data_without_its_length()
    {
        using IStoreFile file = SyncedFile("a", []);
        file.Write(0, Filled(1000, 1));
        MemoryDirectory lengthOnly = _disk.Crash(Keeping(PendingKind.Length));
        Assert.Equal(new byte[1000], Bytes(lengthOnly, "a"));
        Assert.Empty(Bytes(_disk.Crash(Keeping(PendingKind.Data)), "a"));
    }

    [Fact]
    public void A_reservation_is_a_length_and_zeros()
    {
        using IStoreFile file = SyncedFile("a", Filled(10, 1));
        file.Reserve(1 << 20);
        Assert.Equal(["length a 10 -> 1048576"], _disk.PendingUnits.Select(static unit => unit.ToString()));
        Assert.Equal(10, Bytes(_disk.Crash(MaskChooser.LoseAll), "a").Length);
        byte[] kept = Bytes(_disk.Crash(MaskChooser.KeepAll), "a");
        Assert.Equal(1 << 20, kept.Length);
        Assert.Equal(10, kept.Count(static value => value != 0));
    }

    [Fact]
    public void A_rename_can_survive_before_the_data_of_its_file()
    {
        using (SyncedFile("a", "old"u8.ToArray()))
        {
        }

        using IStoreFile file = _disk.Create("a.tmp");
        file.Write(0, "new"u8);
        _disk.Replace("a.tmp", "a");
        Assert.Equal("old", Text(_disk.Crash(MaskChooser.LoseAll), "a"));
        Assert.Equal(string.Empty, Text(_disk.Crash(Keeping(PendingKind.Rename)), "a"));
        file.Sync();
        Assert.Equal("new", Text(_disk.Crash(Keeping(PendingKind.Rename)), "a"));
        Assert.Equal("old", Text(_disk.Crash(MaskChooser.LoseAll), "a"));
        _disk.SyncDirectory(string.Empty);
        Assert.Equal("new", Text(_disk.Crash(MaskChooser.LoseAll), "a"));
        Assert.Single(_disk.Crash(MaskChooser.LoseAll).List(string.Empty));
    }

    [Fact]
    public void A_synced_file_without_a_synced_name_is_lost_with_its_name()
    {
        using IStoreFile file = _disk.Create("a");
        file.Write(0, "bytes"u8);
        file.Sync();
        Assert.Null(_disk.Crash(MaskChooser.LoseAll).TryOpen("a", writable: false));
        Assert.Equal("bytes", Text(_disk.Crash(Keeping(PendingKind.Create)), "a"));
    }

    [Fact]
    public void An_unsynced_directory_takes_what_is_in_it_along()
    {
        _disk.CreateDirectory("d");
        _disk.Create("d/a").Dispose();
        _disk.SyncDirectory("d");
        Assert.Empty(_disk.Crash(MaskChooser.LoseAll).List(string.Empty));
        Assert.Single(_disk.Crash(MaskChooser.KeepAll).List("d"));
    }

    [Fact]
    public void A_removal_is_undone_unless_its_directory_was_synced()
    {
        using (SyncedFile("a", "back"u8.ToArray()))
        {
        }

        _disk.Delete("a");
        Assert.Equal("back", Text(_disk.Crash(MaskChooser.LoseAll), "a"));
        _disk.SyncDirectory(string.Empty);
        Assert.Null(_disk.Crash(MaskChooser.LoseAll).TryOpen("a", writable: false));
    }

    [Fact]
    public void A_rename_between_directories_leaves_one_name_once_the_new_one_is_synced()
    {
        _disk.CreateDirectory("d");
        _disk.SyncDirectory(string.Empty);
        _disk.Create("a").Dispose();
        _disk.Replace("a", "d/b");
        _disk.SyncDirectory("d");
        foreach (MaskChooser chooser in MaskChooser.All(_disk.PendingUnits.Count))
        {
            MemoryDirectory image = _disk.Crash(chooser);
            Assert.Null(image.TryOpen("a", writable: false));
            Assert.NotNull(image.TryOpen("d/b", writable: false));
        }
    }

    [Fact]
    public void Words_of_a_shared_page_are_never_durable_and_survive_whole_or_not()
    {
        using IStoreFile file = SyncedFile("HEAD", new byte[SharedPage.Bytes]);
        using (SharedPage page = file.MapPage())
        {
            for (int i = 0; i < 64; i++)
            {
                page.Write(i, ulong.MaxValue);
            }
        }

        file.Sync();
        Assert.Equal(PendingKind.PageWords, Assert.Single(_disk.PendingUnits).Kind);
        for (int seed = 0; seed < 50; seed++)
        {
            using IStoreFile image = _disk.Crash(new SeededChooser(seed)).TryOpen("HEAD", writable: false)!;
            using SharedPage page = image.MapPage();
            Assert.All(Enumerable.Range(0, 512), index => Assert.True(page.Read(index) is 0 or ulong.MaxValue));
        }

        Assert.All(Bytes(_disk.Crash(MaskChooser.LoseAll), "HEAD"), static value => Assert.Equal(0, value));
    }

    [Fact]
    public void A_killed_process_loses_nothing_but_a_later_power_cut_still_may()
    {
        using IStoreFile file = SyncedFile("a", "synced "u8.ToArray());
        file.Write(7, "cached"u8);
        _disk.Create("b").Dispose();
        using IDisposable? held = _disk.TryLock("LOCK", "me"u8, out _);
        Assert.NotNull(held);

        MemoryDirectory killed = _disk.KillImage();
        Assert.Equal(_disk.BootId, killed.BootId);
        Assert.Equal("synced cached", Text(killed, "a"));
        using IDisposable? next = killed.TryLock("LOCK", "next"u8, out _);
        Assert.NotNull(next);

        MemoryDirectory cut = killed.Crash(MaskChooser.LoseAll);
        Assert.NotEqual(_disk.BootId, cut.BootId);
        Assert.Equal("synced ", Text(cut, "a"));
        Assert.Null(cut.TryOpen("b", writable: false));
    }

    [Fact]
    public void The_same_seed_gives_the_same_image()
    {
        using IStoreFile file = SyncedFile("a", Filled(20_000, 7));
        for (int i = 0; i < 12; i++)
        {
            file.Write(i * 1500, Filled(3000, (byte)i));
        }

        HashSet<string> images = [];
        for (int seed = 0; seed < 20; seed++)
        {
            byte[] first = Bytes(_disk.Crash(new SeededChooser(seed)), "a");
            Assert.Equal(first, Bytes(_disk.Crash(new SeededChooser(seed)), "a"));
            images.Add(Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(first)));
        }

        Assert.True(images.Count > 15);
    }

    [Fact]
    public void An_image_is_a_disk_of_its_own()
    {
        using IStoreFile file = SyncedFile("a", "original"u8.ToArray());
        MemoryDirectory image = _disk.Crash(MaskChooser.KeepAll);
        using (IStoreFile copy = image.TryOpen("a", writable: true)!)
        {
            copy.Write(0, "changed!"u8);
        }

        Assert.Equal("original", Text(_disk, "a"));
        Assert.Equal("original", Text(image.Crash(MaskChooser.LoseAll), "a"));
        Assert.Equal("changed!", Text(image.Crash(MaskChooser.KeepAll), "a"));
    }

    [Fact]
    public void A_full_disk_takes_what_fits_of_a_write_and_nothing_of_a_reservation()
    {
        _disk.CapacityBytes = 4 * 4096;
        using IStoreFile file = _disk.Create("a");
        IOException error = Assert.Throws<StoreFullException>(() => file.Reserve(5 * 4096));
        Assert.True(StorageError.IsNoSpace(error));
        Assert.Equal(0, file.Stat().Length);
        error = Assert.Throws<StoreFullException>(() => file.Write(0, Filled(5 * 4096, 1)));
        Assert.True(StorageError.IsNoSpace(error));
        Assert.Equal(3 * 4096, file.Stat().Length);
        Assert.Equal(0, _disk.AvailableBytes());
        file.Write(0, Filled(100, 2));
        _disk.Delete("a");
        Assert.Equal(3 * 4096, _disk.AvailableBytes());
    }

    private static DelegateChooser Keeping(PendingKind kind)
        => new(unit => unit.Kind == kind ? CrashFate.Kept : CrashFate.Lost);

    private static byte[] Filled(int length, byte value)
    {
        byte[] bytes = new byte[length];
        Array.Fill(bytes, value);
        return bytes;
    }

    private static byte[] Bytes(MemoryDirectory disk, string name)
    {
        using IStoreFile file = disk.TryOpen(name, writable: false)!;
        byte[] bytes = new byte[file.Stat().Length];
        Assert.Equal(bytes.Length, file.Read(0, bytes));
        return bytes;
    }

    private static string Text(MemoryDirectory disk, string name) => Encoding.ASCII.GetString(Bytes(disk, name));

    private IStoreFile SyncedFile(string name, byte[] bytes)
    {
        IStoreFile file = _disk.Create(name);
        file.Write(0, bytes);
        file.Sync();
        _disk.SyncDirectory(string.Empty);
        return file;
    }
}
