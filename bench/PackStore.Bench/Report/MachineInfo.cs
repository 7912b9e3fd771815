using System.Diagnostics;
using System.Runtime;
using System.Runtime.InteropServices;

namespace PackStore.Bench.Report;

/// <summary>What the numbers were measured on, without which they mean nothing.</summary>
internal sealed record MachineInfo(
    string Processor, int Cores, string Memory, string Kernel, string Runtime, string FileSystem, string Commit)
{
    internal static MachineInfo Read(string directory) => new(
        Field("/proc/cpuinfo", "model name"),
        Environment.ProcessorCount,
        Field("/proc/meminfo", "MemTotal"),
        RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription + (GCSettings.IsServerGC ? ", server GC" : ", workstation GC"),
        FileSystemOf(directory),
        CommitOfSource());

    private static string Field(string path, string name) => File.Exists(path)
        ? File.ReadLines(path).FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal))?.Split(':')[1]
            .Trim() ?? "unknown"
        : "unknown";

    private static string FileSystemOf(string directory)
    {
        string path = Path.GetFullPath(directory);
        return File.Exists("/proc/mounts")
            ? File.ReadLines("/proc/mounts").Select(l => l.Split(' '))
                .Where(w => w.Length > 2 && (path == w[1] || path.StartsWith(w[1].TrimEnd('/') + '/',
                    StringComparison.Ordinal)))
                .OrderBy(w => w[1].Length).LastOrDefault()?[2] ?? "unknown"
            : "unknown";
    }

    private static string CommitOfSource()
    {
        string commit = Git("rev-parse", "--short=12", "HEAD");
        return commit.Length == 0 ? "unknown"
            : Git("status", "--porcelain", "--untracked-files=no").Length > 0 ? commit + " with changes"
            : commit;
    }

    private static string Git(params string[] arguments)
    {
        try
        {
            var start = new ProcessStartInfo("git", arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = AppContext.BaseDirectory,
            };
            using Process? git = Process.Start(start);
            string text = git?.StandardOutput.ReadToEnd().Trim() ?? "";
            git?.WaitForExit();
            return git?.ExitCode == 0 ? text : "";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "";
        }
    }
}
