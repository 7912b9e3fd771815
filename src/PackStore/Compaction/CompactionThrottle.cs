using PackStore.Engine;

namespace PackStore.Compaction;

/// <summary>Keeps a job below its share of the disk and out of the way of hits. Also where it can be stopped.</summary>
internal sealed class CompactionThrottle(TimeProvider clock, long? maxBytesPerSecond, CancellationToken token)
{
    /// <summary>While hits are being served the job rests as long as it worked, at most so long at a time.</summary>
    private static readonly TimeSpan s_longestRest = TimeSpan.FromMilliseconds(4);

    private readonly long _started = clock.GetTimestamp();
    private long _bytes;
    private long _resumed = clock.GetTimestamp();

    /// <summary>Stops the job.</summary>
    public CancellationToken Token => token;

    /// <summary>So many bytes have been read and written: waits as long as has to be waited.</summary>
    public void Done(long bytes)
    {
        token.ThrowIfCancellationRequested();
        _bytes += bytes;
        if (maxBytesPerSecond is { } limit)
        {
            Rest(TimeSpan.FromSeconds((double)_bytes / limit) - clock.GetElapsedTime(_started));
        }

        if (EpochGate.IsAnyoneReading)
        {
            TimeSpan worked = clock.GetElapsedTime(_resumed);
            Rest(worked < s_longestRest ? worked : s_longestRest);
        }

        _resumed = clock.GetTimestamp();
    }

    private void Rest(TimeSpan time)
    {
        if (time > TimeSpan.Zero)
        {
            Task.Delay(time, clock, token).GetAwaiter().GetResult();
        }
    }
}
