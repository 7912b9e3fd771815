using System.Runtime.Versioning;
using PackStore.Storage.Foreign;
using PackStore.Storage.Linux;
using Xunit;

namespace PackStore.Tests.Storage;

/// <summary>The suite over system calls, and what only those promise.</summary>
[SupportedOSPlatform("linux")]
public sealed class LinuxForeignDirectoryTests : ForeignDirectorySuite
{
    private protected override IForeignDirectory Open(string path) => LinuxForeignDirectory.Open(path);

    [Fact]
    public void Reading_leaves_access_times_alone()
    {
        Write("file", "content");
        DateTime old = new(2001, 2, 3, 0, 0, 0, DateTimeKind.Utc);
        File.SetLastAccessTimeUtc(Inside("file"), old);
        System.IO.Directory.SetLastAccessTimeUtc(RootPath, old);
        Assert.Equal(ForeignStatus.Ok, Directory.Read("file"u8, new byte[9], out _));
        Assert.Equal(ForeignStatus.Ok, Directory.TryOpen("file", out PackStore.Storage.IStoreFile? file));
        file!.Read(0, new byte[9]);
        file.Dispose();
        Directory.List(static (_, _) => { });
        Assert.Equal(old, File.GetLastAccessTimeUtc(Inside("file")));
        Assert.Equal(old, System.IO.Directory.GetLastAccessTimeUtc(RootPath));
    }
}
