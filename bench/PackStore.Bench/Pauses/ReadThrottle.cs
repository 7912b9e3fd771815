using System.Globalization;

namespace PackStore.Bench.Pauses;

/// <summary>Limits how fast this process reads from the device of a directory, by a control group of its own; gives it
/// back at the end. Needs root.</summary>
internal sealed class ReadThrottle : IDisposable
{
    private readonly string _group;
    private readonly string _parent;

    private ReadThrottle(string group, string parent) => (_group, _parent) = (group, parent);

    /// <summary>Sets it; null with the reason where that cannot be done.</summary>
    public static ReadThrottle? TryStart(string directory, long bytesPerSecond, out string how)
    {
        foreach ((string parent, string file, string format) in new[]
        {
            ("/sys/fs/cgroup", "io.max", "{0} rbps={1}"),
            ("/sys/fs/cgroup/blkio", "blkio.throttle.read_bps_device", "{0} {1}"),
        })
        {
            string group = Path.Combine(parent, $"packstore-bench-{Environment.ProcessId}");
            try
            {
                string device = DeviceOf(directory);
                Directory.CreateDirectory(group);
                string limit = Path.Combine(group, file);
                if (!File.Exists(limit))
                {
                    // Not a group's directory, or its controller is not on: a file made here would limit nothing.
                    RemoveGroup(group);
                    continue;
                }

                File.WriteAllText(
                    limit,
                    string.Format(CultureInfo.InvariantCulture, format, device, bytesPerSecond));
                File.WriteAllText(Path.Combine(group, "cgroup.procs"), $"{Environment.ProcessId}");
                how = $"reads from device {device} limited to {bytesPerSecond / 1e6:F1} MB/s by {file}";
                return new ReadThrottle(group, parent);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                RemoveGroup(group);
            }
        }

        how = "not limited: no control group for it here, or no right to make one";
        return null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        File.WriteAllText(Path.Combine(_parent, "cgroup.procs"), $"{Environment.ProcessId}");
        RemoveGroup(_group);
    }

    private static void RemoveGroup(string group)
    {
        if (Directory.Exists(group))
        {
            Directory.Delete(group);
        }
    }

    /// <summary>major:minor of the device that is mounted where the directory lies.</summary>
    private static string DeviceOf(string directory)
    {
        string full = Path.GetFullPath(directory);
        string[] best = File.ReadLines("/proc/self/mountinfo").Select(static l => l.Split(' '))
            .Where(m => m[4] == "/" || full == m[4] || full.StartsWith(m[4] + "/", StringComparison.Ordinal))
            .MaxBy(static m => m[4].Length) ?? throw new IOException($"{full} is on no mount");
        return best[2];
    }
}
