using System.Globalization;

namespace PackStore.Bench.Migrate;

/// <summary>Looks every few milliseconds at the memory of this process that no file stands behind, and keeps the
/// greatest.</summary>
internal sealed class MemoryWatch : IDisposable
{
    private const int EveryMs = 5;

    private readonly Timer _timer;
    private long _greatest;

    public MemoryWatch()
    {
        Before = Read();
        _greatest = Before;
        _timer = new Timer(_ => Look(), null, EveryMs, EveryMs);
    }

    /// <summary>Bytes when it began.</summary>
    public long Before { get; }

    /// <summary>The most bytes so far.</summary>
    public long Greatest => Volatile.Read(ref _greatest);

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private static long Read() => long.Parse(
        File.ReadLines("/proc/self/status").First(static l => l.StartsWith("RssAnon:", StringComparison.Ordinal))
            .Split(':')[1].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) * 1024;

    private void Look()
    {
        long now = Read();
        if (now > Volatile.Read(ref _greatest))
        {
            Volatile.Write(ref _greatest, now);
        }
    }
}
