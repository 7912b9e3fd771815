using System.Runtime.Versioning;
using Xunit;

namespace PackStore.Tests.Engine;

/// <summary>Who may read a store, and that nothing planted in it leads out of it.</summary>
[SupportedOSPlatform("linux")]
public sealed class PrivacyTests : IDisposable
{
    private const UnixFileMode PrivateFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode PrivateFolder = PrivateFile | UnixFileMode.UserExecute;
    private const UnixFileMode Read = UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Enter = UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private readonly ScratchStore _scratch = new();
    private readonly PackStoreOptions _options = new() { LooseThresholdBytes = 1024, SegmentSizeBytes = 4096 };

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Files_are_the_users_own()
    {
        await FillAsync(0);
        AssertModes(PrivateFile, PrivateFolder);
    }

    [Fact]
    public async Task A_store_made_readable_stays_readable()
    {
        await FillAsync(0);
        foreach (string path in Entries())
        {
            File.SetUnixFileMode(path, File.GetUnixFileMode(path) | Read | (Directory.Exists(path) ? Enter : 0));
        }

        await FillAsync(100);
        AssertModes(PrivateFile | Read, PrivateFolder | Read | Enter);
    }

    [Theory]
    [InlineData("segments")]
    [InlineData("index")]
    [InlineData("loose")]
    public async Task A_link_in_place_of_a_directory_is_refused(string name)
    {
        string outside = _scratch.Join("outside");
        await FillAsync(0);
        Directory.Move(_scratch.Inside(name), outside);
        File.CreateSymbolicLink(_scratch.Inside(name), outside);
        string[] before = Directory.GetFileSystemEntries(outside, "*", SearchOption.AllDirectories);
        await Assert.ThrowsAnyAsync<IOException>(() => FillAsync(100));
        Assert.Equal(before.Order(), Directory.GetFileSystemEntries(outside, "*", SearchOption.AllDirectories).Order());
    }

    [Fact]
    public async Task A_link_in_place_of_a_loose_file_is_no_hit()
    {
        await FillAsync(0);
        string file = Directory.GetFiles(_scratch.Inside("loose"), "*", SearchOption.AllDirectories)[0];
        File.Move(file, _scratch.Join("outside"));
        File.CreateSymbolicLink(file, _scratch.Join("outside"));
        using ArtifactStore store = _scratch.Open(_options);
        int misses = 0;
        for (int i = 0; i < 20; i++)
        {
            using PayloadLease lease = store.EnsurePayloads(Sample.Key(i));
            misses += lease.IsHit ? 0 : 1;
        }

        Assert.Equal(1, misses);
    }

    private string[] Entries() =>
        [_scratch.Path, .. Directory.GetFileSystemEntries(_scratch.Path, "*", SearchOption.AllDirectories)];

    private void AssertModes(UnixFileMode file, UnixFileMode folder)
    {
        string[] wrong =
        [
            .. Entries().Where(path => File.GetUnixFileMode(path) != (Directory.Exists(path) ? folder : file))
                .Select(path => $"{Path.GetRelativePath(_scratch.Path, path)}: {File.GetUnixFileMode(path)}"),
        ];
        Assert.True(wrong.Length == 0, string.Join('\n', wrong));
    }

    private async Task FillAsync(int from)
    {
        using ArtifactStore store = _scratch.Open(_options);
        for (int i = from; i < from + 20; i++)
        {
            await Sample.OfLength((i % 20) * 100, i).PutAsync(store, Sample.Key(i));
        }
    }
}
