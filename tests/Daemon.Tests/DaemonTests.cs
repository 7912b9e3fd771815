using System.Buffers.Binary;
using Xunit;

namespace PackStore.Samples.Daemon.Tests;

public sealed class DaemonTests : IDisposable
{
    private readonly CancellationTokenSource _timeout = new(TimeSpan.FromMinutes(2));

    private CancellationToken Token => _timeout.Token;

    public void Dispose() => _timeout.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_parallel_connections_put_they_get_and_a_stopped_daemon_leaves_a_sound_store(bool loopback)
    {
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(loopback, Token);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(c => PutAndGetAsync(daemon, c)));

        Assert.Equal(0, await daemon.TerminateAsync(Token));
        Assert.False(File.Exists(daemon.SocketPath));
        VerifyReport report = await ArtifactStore.VerifyDirectoryAsync(daemon.StoreDirectory, null, null, Token);
        Assert.True(report.IsClean);
        using ArtifactStore store = ArtifactStore.OpenReadOnly(daemon.StoreDirectory);
        Assert.Equal(4 * 25, store.GetStats().Artifacts);
    }

    [Fact]
    public async Task A_key_that_was_never_put_is_a_miss()
    {
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(false, Token);
        using DaemonClient client = await daemon.ConnectAsync(Token);

        Assert.Equal(Status.Miss, (await client.GetAsync(Key(1, 1), Token)).Status);
        Assert.Equal(Status.Miss, (await client.ContainsAsync(Key(1, 1), Token)).Status);
        Assert.Equal(Status.Done, (await client.PingAsync(Token)).Status);
        Assert.Equal(Status.Stats, (await client.StatAsync(Token)).Status);
    }

    [Fact]
    public async Task A_hit_larger_than_any_buffer_arrives_whole_while_its_reader_is_slow()
    {
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(false, Token);
        using DaemonClient client = await daemon.ConnectAsync(Token);
        var artifact = new WireArtifact(
            3, Bytes(1, 70_000), [], [("big", Bytes(2, 9_000_000)), ("", []), ("x", Bytes(3, 7))]);

        Assert.Equal(Status.Done, (await client.PutAsync(Key(2, 2), artifact, Token)).Status);
        Reply reply = await client.GetAsync(Key(2, 2), Token);

        AssertEqual(artifact, WireArtifact.Parse(reply.Body));
    }

    [Theory]
    [InlineData("ffffffff")] // a frame of 4 GiB
    [InlineData("00000000")] // a frame without a verb
    [InlineData("01000000" + "63")] // a verb there is none of
    [InlineData("02000000" + "0100")] // a key of no bytes
    [InlineData("02000000" + "01ff")] // a key of too many
    [InlineData("04000000" + "0104aaaa")] // a key cut short
    [InlineData("04000000" + "0101aaaa")] // bytes behind the end
    [InlineData("1b000000" + "0201aa" + "00000000" + "0000000000000000" + "0000000000000000" + "ffffff7f")] // payloads
    [InlineData("1b000000" + "0201aa" + "00000000" + "ffffffffffffff7f" + "0000000000000000" + "00000000")] // a stream
    public async Task A_malformed_frame_is_answered_with_an_error_and_the_connection_closed(string hex)
    {
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(false, Token, "--max-request-mib", "1");
        using DaemonClient client = await daemon.ConnectAsync(Token);

        Reply reply = await client.SendRawAsync(Convert.FromHexString(hex), Token);

        Assert.Equal(Status.Error, reply.Status);
        Assert.NotEmpty(reply.ErrorMessage);
        Assert.True(await client.IsClosedAsync(Token));
        using DaemonClient other = await daemon.ConnectAsync(Token);
        Assert.Equal(Status.Done, (await other.PingAsync(Token)).Status);
        Assert.Equal(0, await daemon.TerminateAsync(Token));
    }

    [Fact]
    public async Task The_socket_is_private()
    {
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(false, Token);

        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(daemon.SocketPath));
        }
    }

    private static ArtifactKey Key(int connection, int number)
    {
        Span<byte> key = stackalloc byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(key, connection + 1);
        BinaryPrimitives.WriteInt32LittleEndian(key[4..], number);
        return ArtifactKey.FromBytes(key);
    }

    private static byte[] Bytes(int seed, int length)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static void AssertEqual(WireArtifact expected, WireArtifact actual)
    {
        Assert.Equal(expected.ExitCode, actual.ExitCode);
        Assert.Equal(expected.StandardOutput, actual.StandardOutput);
        Assert.Equal(expected.StandardError, actual.StandardError);
        Assert.Equal(expected.Payloads.Select(p => p.Name), actual.Payloads.Select(p => p.Name));
        Assert.Equal(expected.Payloads.Select(p => p.Bytes), actual.Payloads.Select(p => p.Bytes));
    }

    private async Task PutAndGetAsync(DaemonProcess daemon, int connection)
    {
        using DaemonClient client = await daemon.ConnectAsync(Token);
        for (int i = 0; i < 25; i++)
        {
            int seed = (connection * 100) + i;
            var artifact = new WireArtifact(
                i - 5, Bytes(seed, i), Bytes(-seed, 3), [("a.o", Bytes(seed, 1000 * i)), ("b/../c", Bytes(seed, 12))]);

            Assert.Equal(Status.Miss, (await client.GetAsync(Key(connection, i), Token)).Status);
            Assert.Equal(Status.Done, (await client.PutAsync(Key(connection, i), artifact, Token)).Status);
            Assert.Equal(Status.Done, (await client.ContainsAsync(Key(connection, i), Token)).Status);
            Reply reply = await client.GetAsync(Key(connection, i), Token);

            Assert.Equal(Status.Hit, reply.Status);
            AssertEqual(artifact, WireArtifact.Parse(reply.Body));
        }
    }
}
