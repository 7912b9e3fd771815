using System.Diagnostics;
using System.Globalization;
using PackStore.Bench.Report;

namespace PackStore.Bench.Migrate;

/// <summary>
/// The verb <c>migrate</c>: brings a legacy cache of many flat artifacts into a new store, and reads the same files
/// with tar before and after, all from a warm page cache and in one run. The first run counts what a new process pays
/// for its compiler, as a daemon's first import does; with <c>--tool</c>, <c>packtool import</c> is timed too, from its
/// start to its exit, with everything flushed.
/// </summary>
internal static class MigrateCommand
{
    public const string Usage = "migrate [--artifacts 200000] [--bytes 4096] [--runs 3] [--dir DIR] [--tool PACKTOOL]";

    private const long MebiByte = 1 << 20;

    /// <summary>Runs it.</summary>
    public static async Task<int> RunAsync(string[] arguments)
    {
        CommandArguments? given =
            CommandArguments.Parse(arguments, Usage, "--artifacts", "--bytes", "--runs", "--dir", "--tool");
        if (given is null)
        {
            return 2;
        }

        int artifacts = (int)given.Number("--artifacts", 200_000);
        int bytes = (int)given.Number("--bytes", 4096);
        int runs = (int)given.Number("--runs", 3);
        string? tool = given.Text("--tool");
        string directory = given.CreateDirectory("migrate");
        string source = Path.Join(directory, "source");
        try
        {
            long total = LegacySource.Write(source, artifacts, bytes);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{artifacts} flat artifacts, {total / MebiByte} MiB, index.bin; "
                + $"{Environment.ProcessorCount} processors"));
            Tar(source);
            for (int run = 0; run < runs; run++)
            {
                await MeasureAsync(source, Path.Join(directory, "store"), artifacts, total);
                if (tool is not null)
                {
                    MeasureTool(tool, source, Path.Join(directory, "store"), artifacts);
                }
            }

            return 0;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task MeasureAsync(string source, string directory, int artifacts, long total)
    {
        double before = Tar(source);
        using MemoryWatch memory = new();
        double import;
        double processor;
        double flush;
        double again;
        await using (ArtifactStore store = ArtifactStore.Open(directory))
        {
            TimeSpan busy = Environment.CpuUsage.TotalTime;
            long start = Stopwatch.GetTimestamp();
            MigrationReport report = await store.MigrateAsync(source);
            import = Stopwatch.GetElapsedTime(start).TotalSeconds;
            processor = (Environment.CpuUsage.TotalTime - busy).TotalSeconds;
            if (report.Imported != artifacts)
            {
                throw new InvalidOperationException($"{report.Imported} of {artifacts} artifacts were imported.");
            }

            start = Stopwatch.GetTimestamp();
            report = await store.MigrateAsync(source);
            again = Stopwatch.GetElapsedTime(start).TotalSeconds;
            if (report.Duplicates != artifacts)
            {
                throw new InvalidOperationException($"{report.Duplicates} of {artifacts} artifacts were found again.");
            }

            start = Stopwatch.GetTimestamp();
            await store.FlushAsync();
            flush = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        long anonymous = memory.Greatest - memory.Before;
        Directory.Delete(directory, recursive: true);
        double after = Tar(source);
        double tar = (before + after) / 2;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"tar {before:0.00} s and {after:0.00} s; import {import:0.00} s ({artifacts / import:0} /s, "
            + $"{total / MebiByte / import:0} MiB/s) = {100 * tar / import:0} % of tar, "
            + $"{processor:0.00} s of processor; "
            + $"flush {flush:0.00} s; second run {again:0.00} s; {anonymous / MebiByte} MiB of memory without a file"));
    }

    private static void MeasureTool(string tool, string source, string directory, int artifacts)
    {
        double before = Tar(source);
        long start = Stopwatch.GetTimestamp();
        using (Process import = Process.Start(tool, ["import", directory, source, "--from", "zccache", "-q"]))
        {
            import.WaitForExit();
            if (import.ExitCode != 0)
            {
                throw new InvalidOperationException($"{tool} ended with exit code {import.ExitCode}.");
            }
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Directory.Delete(directory, recursive: true);
        double tar = (before + Tar(source)) / 2;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"packtool, start to exit: tar {tar:0.00} s; import {seconds:0.00} s ({artifacts / seconds:0} /s) "
            + $"= {100 * tar / seconds:0} % of tar"));
    }

    // GNU tar reads nothing when it writes to /dev/null itself.
    private static double Tar(string source)
    {
        long start = Stopwatch.GetTimestamp();
        using Process tar = Process.Start(new ProcessStartInfo("sh", ["-c", "tar cf - . | cat >/dev/null"])
        {
            WorkingDirectory = source,
        })!;
        tar.WaitForExit();
        return tar.ExitCode == 0
            ? Stopwatch.GetElapsedTime(start).TotalSeconds
            : throw new InvalidOperationException("tar failed.");
    }
}
