using System.Globalization;
using PackStore.TestChild;
using PackStore.TestKit;
using Xunit;

namespace PackStore.Tests.Processes;

/// <summary>Processes that attach read-only see each artifact with the first lookup after its put, whoever they are and
/// whatever becomes of them.</summary>
public class ReaderProcessTests
{
    private static readonly PackStoreOptions s_options = new()
    {
        SegmentSizeBytes = 64 << 10,
        LooseThresholdBytes = 16 << 10
    };
    private static readonly string[] s_unprivileged = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Readers_hit_at_the_first_lookup_after_a_put(bool startEmpty)
    {
        using TempStore temp = new();
        using ArtifactStore store = ArtifactStore.Open(temp.PathOf("store"), s_options);
        if (!startEmpty)
        {
            await store.PutManyAsync([SampleArtifact.Put(1, 1, 100)]);
        }

        using ChildProcess first = Attach([], store.DirectoryPath);
        using ChildProcess second = Attach([], store.DirectoryPath);
        await PutAndAskAsync(store, [first, second], 400);
        Assert.Equal("", first.Finish());
        Assert.Equal("", second.Finish());
    }

    [Fact]
    public async Task Readers_that_are_killed_do_not_disturb_the_writer()
    {
        using TempStore temp = new();
        using ArtifactStore store = ArtifactStore.Open(temp.PathOf("store"), s_options);
        Random random = new(7);
        for (int round = 0; round < 5; round++)
        {
            using ChildProcess reader = Attach([], store.DirectoryPath);
            await PutAndAskAsync(store, [reader], random.Next(5, 40));
            reader.Kill();
            await store.PutManyAsync([SampleArtifact.Put(round, 9999, 500)]);
            Assert.Equal(9999, SampleArtifact.VersionOf(store, round));
        }
    }

    [SkippableFact]
    public async Task A_reader_without_write_permission_sees_everything()
    {
        using TempStore temp = new();
        using ArtifactStore store = OpenShared(temp);
        await SkipUnlessAsync(s_unprivileged, store.DirectoryPath, "no unprivileged process can be started here");
        using ChildProcess reader = Attach(s_unprivileged, store.DirectoryPath);
        await PutAndAskAsync(store, [reader], 100);
        Assert.Equal("", reader.Finish());
    }

    [SkippableFact]
    public async Task A_reader_on_a_read_only_mount_sees_everything_and_changes_nothing()
    {
        using TempStore temp = new();
        string mount = Directory.CreateDirectory(temp.PathOf("mount")).FullName;
        using ArtifactStore store = OpenShared(temp);
        await PutAndAskAsync(store, [], 20);
        await store.FlushAsync();
        Skip.If(Run("mount", "--bind", store.DirectoryPath, mount) != 0, "mounting is not permitted here");
        try
        {
            Skip.If(Run("mount", "-o", "remount,bind,ro", mount) != 0, "remounting is not permitted here");
            string[] before = Listing(store.DirectoryPath);
            using (ChildProcess still = Attach([], mount))
            {
                Assert.Equal("19", still.Ask("18"));
                Assert.Equal("", still.Finish());
            }

            Assert.Equal(before, Listing(store.DirectoryPath));
            using ChildProcess reader = Attach([], mount);
            await PutAndAskAsync(store, [reader], 60);
            Assert.Equal("", reader.Finish());
        }
        finally
        {
            Run("umount", mount);
        }
    }

    private static async Task PutAndAskAsync(ArtifactStore store, ChildProcess[] readers, int puts)
    {
        for (int i = 0; i < puts; i++)
        {
            int key = i % 10 == 9 ? i - 9 : i;
            int length = (i % 7) switch { 0 => 20_000, 1 => 9000, _ => 100 + i };
            int expected = i + 1;
            if (i % 13 == 12)
            {
                await store.RemoveAsync(SampleArtifact.Key(key));
                expected = 0;
            }
            else
            {
                await store.PutManyAsync([SampleArtifact.Put(key, expected, length)]);
            }

            foreach (ChildProcess reader in readers)
            {
                Assert.Equal($"{i}: {expected}", $"{i}: {reader.Ask(key.ToString(CultureInfo.InvariantCulture))}");
            }
        }
    }

    private static ChildProcess Attach(string[] prefix, string directory)
    {
        ChildProcess child = ChildProcess.Start(prefix, "read", directory);
        string? said = child.Output.ReadLine();
        if (said != "attached")
        {
            string errors = child.Finish();
            child.Dispose();
            throw new InvalidOperationException($"the reader said '{said}' and '{errors}'");
        }

        return child;
    }

    /// <summary>A store that everybody may read, as <c>chmod -R a+rX</c> makes it.</summary>
    private static ArtifactStore OpenShared(TempStore temp)
    {
        string directory = temp.PathOf("store");
        ArtifactStore.Open(directory, s_options).Dispose();
        Run("chmod", "a+rX", temp.RootPath);
        Run("chmod", "-R", "a+rX", directory);
        return ArtifactStore.Open(directory, s_options);
    }

    private static async Task SkipUnlessAsync(string[] prefix, string directory, string reason)
    {
        Skip.IfNot(File.Exists("/usr/bin/setpriv"), reason);
        using ChildProcess probe = ChildProcess.Start(prefix, "none", directory);
        await probe.Output.ReadToEndAsync();
        string errors = probe.Finish();
        Skip.If(errors.Contains("setpriv", StringComparison.Ordinal)
            || errors.Contains("denied", StringComparison.Ordinal), $"{reason}: {errors}");
    }

    private static string[] Listing(string directory) =>
        [.. new DirectoryInfo(directory).EnumerateFileSystemInfos("*", SearchOption.AllDirectories)
            .Select(static f => $"{f.FullName} {f.LastWriteTimeUtc:O} {(f as FileInfo)?.Length}")
                .Order(StringComparer.Ordinal)];

    private static int Run(string program, params string[] arguments)
    {
        System.Diagnostics.ProcessStartInfo start = new(program, arguments) { RedirectStandardError = true };
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start(start)!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode;
    }
}
