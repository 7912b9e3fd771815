using System.Diagnostics.Metrics;

namespace PackStore.Engine;

/// <summary>The meter <c>PackStore</c>. Nothing here is called on a hit or a plain miss.</summary>
internal sealed class StoreMetrics : IDisposable
{
    private readonly Meter? _meter;
    private readonly Counter<long>? _damaged;
    private readonly Counter<long>? _puts;
    private readonly Counter<long>? _putBytes;
    private readonly Histogram<double>? _syncSeconds;

    public StoreMetrics(IMeterFactory? factory)
    {
        _meter = factory?.Create("PackStore");
        _damaged = _meter?.CreateCounter<long>("packstore.damaged", "{record}",
            "Records that failed a check on a hit.");
        _puts = _meter?.CreateCounter<long>("packstore.puts", "{record}", "Records appended.");
        _putBytes = _meter?.CreateCounter<long>("packstore.put.bytes", "By", "Bytes appended.");
        _syncSeconds = _meter?.CreateHistogram<double>("packstore.sync.duration", "s", "Duration of a flush.");
    }

    public void Damaged() => _damaged?.Add(1);

    public void Appended(int records, long bytes)
    {
        if (_puts is { Enabled: true } puts)
        {
            puts.Add(records);
            _putBytes!.Add(bytes);
        }
    }

    public void Synced(TimeSpan duration) => _syncSeconds?.Record(duration.TotalSeconds);

    public void Dispose() => _meter?.Dispose();
}
