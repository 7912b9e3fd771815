using System.Buffers.Binary;
using System.Globalization;

namespace PackStore.Samples.Daemon;

/// <summary>The verb <c>client</c>: one request from the command line. Exit codes: 0 done or hit, 1 miss, 2 usage, 4
/// error.</summary>
internal static class ClientCommand
{
    private static readonly string[] s_statNames =
        ["artifacts", "payloads", "live bytes", "dead bytes", "disk bytes", "segments"];

    internal static async Task<int> RunAsync(
        string[] arguments, TextWriter output, TextWriter error, CancellationToken token)
    {
        if (arguments is not ["--socket" or "--connect", string where, string verb, .. string[] rest])
        {
            await error.WriteLineAsync(DaemonOptions.Usage);
            return 2;
        }

        string endpoint = arguments[0] == "--socket" ? "unix:" + Path.GetFullPath(where) : "tcp:" + where;
        using DaemonClient client = await DaemonClient.ConnectAsync(endpoint, token);
        Task<Reply>? asked = verb switch
        {
            "ping" => client.PingAsync(token),
            "stat" => client.StatAsync(token),
            "contains" when rest is [string key] => client.ContainsAsync(ArtifactKey.Parse(key), token),
            "get" when rest is [string key, _] => client.GetAsync(ArtifactKey.Parse(key), token),
            "put" when rest is [string key, .. string[] files] =>
                client.PutAsync(ArtifactKey.Parse(key), await ReadAsync(files, token), token),
            _ => null,
        };
        if (asked is null)
        {
            await error.WriteLineAsync(DaemonOptions.Usage);
            return 2;
        }

        return await ShowAsync(await asked, rest, output, error, token);
    }

    private static async Task<int> ShowAsync(
        Reply reply, string[] rest, TextWriter output, TextWriter error, CancellationToken token)
    {
        switch (reply.Status)
        {
            case Status.Hit:
                return await SaveAsync(WireArtifact.Parse(reply.Body), rest[^1], output, token);
            case Status.Done:
                await output.WriteLineAsync("done");
                return 0;
            case Status.Miss:
                await output.WriteLineAsync("miss");
                return 1;
            case Status.Stats:
                for (int i = 0; i < s_statNames.Length; i++)
                {
                    long value = BinaryPrimitives.ReadInt64LittleEndian(reply.Body.AsSpan(i * sizeof(long)));
                    await output.WriteLineAsync(
                        string.Create(CultureInfo.InvariantCulture, $"{value,16:n0} {s_statNames[i]}"));
                }

                return 0;
            default:
                await error.WriteLineAsync(reply.ErrorMessage);
                return 4;
        }
    }

    private static async Task<WireArtifact> ReadAsync(string[] files, CancellationToken token)
    {
        var payloads = new List<(string, byte[])>();
        foreach (string file in files)
        {
            payloads.Add((Path.GetFileName(file), await File.ReadAllBytesAsync(file, token)));
        }

        return new WireArtifact(0, [], [], payloads);
    }

    /// <summary>Writes the payloads as files numbered by their place: a name that came over a wire is no
    /// path.</summary>
    private static async Task<int> SaveAsync(
        WireArtifact artifact, string directory, TextWriter output, CancellationToken token)
    {
        Directory.CreateDirectory(directory);
        for (int i = 0; i < artifact.Payloads.Count; i++)
        {
            (string name, byte[] bytes) = artifact.Payloads[i];
            string path = Path.Combine(directory, i.ToString(CultureInfo.InvariantCulture));
            await File.WriteAllBytesAsync(path, bytes, token);
            await output.WriteLineAsync(
                string.Create(CultureInfo.InvariantCulture, $"{i} {bytes.Length,12:n0} {name}"));
        }

        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"exit code {artifact.ExitCode}"));
        return 0;
    }
}
