using System.Globalization;
using System.Text;
using PackStore.Tools.Values;

namespace PackStore.Tools.Output;

/// <summary>Progress for logs: a line every ten seconds and one at the end.</summary>
internal sealed class PlainProgressMeter(TextWriter error, string title, TimeProvider time) : ProgressMeter
{
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(10);

    // Guards the fields below and the writer.
    private readonly Lock _lock = new();
    private readonly long _start = time.GetTimestamp();
    private ProgressPoint _last;
    private long _lastLine = time.GetTimestamp();

    /// <inheritdoc/>
    public override void Report(ProgressPoint value)
    {
        lock (_lock)
        {
            _last = value;
            if (time.GetElapsedTime(_lastLine) >= s_every)
            {
                _lastLine = time.GetTimestamp();
                error.WriteLine(Format(title, value, time.GetElapsedTime(_start)));
            }
        }
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            error.WriteLine(Format(title, _last, time.GetElapsedTime(_start)));
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>One progress line: share, bytes, rate, time to go, items, findings.</summary>
    internal static string Format(string title, ProgressPoint point, TimeSpan elapsed)
    {
        StringBuilder line = new();
        line.Append(CultureInfo.InvariantCulture, $"{title,-8}");
        double rate = elapsed > TimeSpan.Zero ? point.DoneBytes / elapsed.TotalSeconds : 0;
        if (point.TotalBytes > 0)
        {
            double share = Math.Min(1, (double)point.DoneBytes / point.TotalBytes);
            line.Append(CultureInfo.InvariantCulture, $"  {(int)(100 * share),3}%");
            line.Append(CultureInfo.InvariantCulture,
                $"  {SizeText.Format(point.DoneBytes)}/{SizeText.Format(point.TotalBytes)}");
        }
        else
        {
            line.Append(CultureInfo.InvariantCulture, $"  {SizeText.Format(point.DoneBytes)}");
        }

        line.Append(CultureInfo.InvariantCulture, $"  {SizeText.Format((long)rate)}/s");
        if (point.TotalBytes > 0 && rate > 0)
        {
            long seconds = (long)(Math.Max(0, point.TotalBytes - point.DoneBytes) / rate);
            line.Append(CultureInfo.InvariantCulture, $"  eta {seconds / 60}:{seconds % 60:00}");
        }

        line.Append(CultureInfo.InvariantCulture, $"  {point.Items} items");
        if (point.Findings > 0)
        {
            line.Append(CultureInfo.InvariantCulture, $"  {point.Findings} damaged");
        }

        return line.ToString();
    }
}
