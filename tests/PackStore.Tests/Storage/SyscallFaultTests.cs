using PackStore.Storage;
using PackStore.Storage.Linux;
using PackStore.TestKit;
using Xunit;

namespace PackStore.Tests.Storage;

/// <summary>
/// Failures that only the kernel can produce. The runtime's own flush returned normally from every failed <c>fsync</c>
/// (10.0.12), which would have turned a dying disk into silent loss: hence own calls, and this proof that their results
/// are looked at.
/// </summary>
public sealed class SyscallFaultTests : IDisposable
{
    private readonly TempStore _temp = new();
    private readonly FileStoreDirectory _directory;

    public SyscallFaultTests() => _directory = FileStoreDirectory.Open(_temp.RootPath);

    public void Dispose()
    {
        _directory.Dispose();
        _temp.Dispose();
    }

    [SkippableTheory]
    [InlineData("EIO", StorageError.Eio)]
    [InlineData("ENOSPC", StorageError.Enospc)]
    [InlineData("EDQUOT", StorageError.Edquot)]
    public void A_failed_sync_is_reported(string name, int errno)
    {
        using IStoreFile file = _directory.Create("victim");
        file.Write(0, "bytes"u8);
        using (Inject($"fdatasync:error={name}"))
        {
            IOException error = Assert.Throws<IOException>(file.Sync);
            Assert.Equal(errno, error.HResult);
        }

        file.Sync();
    }

    [SkippableFact]
    public void An_interrupted_sync_is_made_again()
    {
        using IStoreFile file = _directory.Create("victim");
        using (Inject("fdatasync:error=EINTR:when=1..3"))
        {
            file.Sync();
        }
    }

    [SkippableFact]
    public void A_failed_directory_sync_is_reported()
    {
        _directory.CreateDirectory("victim");
        using (Inject("fsync:error=EIO"))
        {
            IOException error = Assert.Throws<IOException>(() => _directory.SyncDirectory("victim"));
            Assert.Equal(StorageError.Eio, error.HResult);
        }

        _directory.SyncDirectory("victim");
    }

    [SkippableFact]
    public void A_reservation_without_room_is_reported_and_leaves_the_length()
    {
        using IStoreFile file = _directory.Create("victim");
        file.Write(0, "bytes"u8);
        using (Inject("fallocate:error=ENOSPC"))
        {
            IOException error = Assert.Throws<StoreFullException>(() => file.Reserve(1 << 20));
            Assert.True(StorageError.IsNoSpace(error));
        }

        Assert.Equal(5, file.Stat().Length);
        file.Reserve(1 << 20);
        Assert.Equal(1 << 20, file.Stat().Length);
    }

    [SkippableFact]
    public void A_file_system_without_allocation_gets_zeros_for_real()
    {
        using IStoreFile file = _directory.Create("victim");
        using (Inject("fallocate:error=EOPNOTSUPP"))
        {
            file.Reserve((1 << 20) + 77);
        }

        Assert.Equal((1 << 20) + 77, file.Stat().Length);
        Assert.True(file.Stat().AllocatedBytes >= 1 << 20);
    }

    [SkippableFact]
    public void A_failed_write_names_the_file_and_the_errno()
    {
        using IStoreFile file = _directory.Create("victim");
        using (Inject("pwrite64:error=EDQUOT"))
        {
            IOException error = Assert.Throws<StoreFullException>(() => file.Write(0, "bytes"u8));
            Assert.True(StorageError.IsNoSpace(error));
            Assert.Contains("write 'victim'", error.Message, StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public void An_interrupted_write_is_made_again()
    {
        using IStoreFile file = _directory.Create("victim");
        using (Inject("pwrite64:error=EINTR:when=1..2"))
        {
            file.Write(0, "bytes"u8);
        }

        byte[] read = new byte[5];
        Assert.Equal(5, file.Read(0, read));
        Assert.Equal("bytes"u8.ToArray(), read);
    }

    [SkippableFact]
    public void A_short_write_is_continued()
    {
        // The calls pretend to have written 100 bytes each; the rest must be asked for again until nothing is left.
        using IStoreFile file = _directory.Create("victim");
        using (Inject("pwrite64:retval=100:when=1..3"))
        {
            file.Write(0, StoreFileSuite.Pattern(500));
        }

        byte[] read = new byte[500];
        Assert.Equal(500, file.Read(0, read));
        Assert.Equal(StoreFileSuite.Pattern(500)[300..], read[300..]);
    }

    [SkippableFact]
    public void A_short_gathered_write_is_continued_inside_a_piece()
    {
        using IStoreFile file = _directory.Create("victim");
        byte[] bytes = StoreFileSuite.Pattern(500);
        ReadOnlyMemory<byte>[] pieces = [bytes.AsMemory(0, 150), bytes.AsMemory(150, 150), bytes.AsMemory(300)];
        using (Inject("pwritev:retval=100:when=1..4"))
        {
            file.Write(0, pieces);
        }

        byte[] read = new byte[500];
        Assert.Equal(500, file.Read(0, read));
        Assert.Equal(bytes[400..], read[400..]);
    }

    private SyscallFaults Inject(string injection)
    {
        SyscallFaults? faults = SyscallFaults.TryInject(_temp.PathOf("victim"), injection, out string reason);
        Skip.If(faults is null, reason);
        return faults!;
    }
}
