using System.Diagnostics;
using System.Globalization;

namespace PackStore.Bench.Engines;

/// <summary>Allocated bytes of a directory. The runtime does not tell block counts, so <c>du</c> is asked.</summary>
internal static class DiskUsage
{
    internal static long Of(string directory)
    {
        var start = new ProcessStartInfo("du", ["-sB1", directory]) { RedirectStandardOutput = true };
        using Process du = Process.Start(start) ?? throw new IOException("du did not start.");
        string text = du.StandardOutput.ReadToEnd();
        du.WaitForExit();
        return long.Parse(text.AsSpan(0, text.IndexOf('\t', StringComparison.Ordinal)), CultureInfo.InvariantCulture);
    }
}
