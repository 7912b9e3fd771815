using System.Diagnostics.Metrics;

namespace PackStore.Engine;

/// <summary>The meter <c>PackStore</c>. Nothing here is called on a hit or a plain miss.</summary>
internal sealed class StoreMetrics : IDisposable
{
    private readonly Meter? _meter;
    private readonly Counter<long>? _damaged;
    private readonly Counter<long>? _damagedHeaders;
    private readonly Counter<long>? _puts;
    private readonly Counter<long>? _putBytes;
    private readonly Counter<long>? _evicted;
    private readonly Counter<long>? _evictedBytes;
    private readonly Histogram<double>? _syncSeconds;
    private readonly Histogram<double>? _maintenanceSeconds;
    private readonly Counter<long>? _maintenanceFailures;

    public StoreMetrics(IMeterFactory? factory)
    {
        _meter = factory?.Create("PackStore");
        _damaged = _meter?.CreateCounter<long>("packstore.damaged", "{record}",
            "Records that failed a check on a hit.");
        _damagedHeaders = _meter?.CreateCounter<long>("packstore.damaged.headers", "{segment}",
            "Segments that are served although their header is damaged.");
        _puts = _meter?.CreateCounter<long>("packstore.puts", "{record}", "Records appended.");
        _putBytes = _meter?.CreateCounter<long>("packstore.put.bytes", "By", "Bytes appended.");
        _evicted = _meter?.CreateCounter<long>("packstore.evicted", "{artifact}", "Artifacts evicted.");
        _evictedBytes = _meter?.CreateCounter<long>("packstore.evicted.bytes", "By", "Live bytes evicted.");
        _maintenanceSeconds = _meter?.CreateHistogram<double>(
            "packstore.maintenance.duration", "s", "Duration of a step of maintenance.");
        _maintenanceFailures = _meter?.CreateCounter<long>(
            "packstore.maintenance.failures", "{step}", "Steps of maintenance that failed.");
        _syncSeconds = _meter?.CreateHistogram<double>("packstore.sync.duration", "s", "Duration of a flush.");
    }

    public void Damaged() => _damaged?.Add(1);

    public void HeaderDamaged() => _damagedHeaders?.Add(1);

    public void Appended(int records, long bytes)
    {
        if (_puts is { Enabled: true } puts)
        {
            puts.Add(records);
            _putBytes!.Add(bytes);
        }
    }

    public void Evicted(long artifacts, long bytes)
    {
        _evicted?.Add(artifacts);
        _evictedBytes?.Add(bytes);
    }

    public void Maintained(string step, TimeSpan duration, bool failed)
    {
        KeyValuePair<string, object?> tag = new("step", step);
        _maintenanceSeconds?.Record(duration.TotalSeconds, tag);
        if (failed)
        {
            _maintenanceFailures?.Add(1, tag);
        }
    }

    /// <summary>Shows what the store holds to whoever collects metrics.</summary>
    public void Watch(LiveAccounting accounting)
    {
        _meter?.CreateObservableGauge(
            "packstore.live.bytes", () => accounting.LiveBytes, "By", "Bytes of live records and loose files.");
        _meter?.CreateObservableGauge(
            "packstore.artifacts", () => accounting.Counters.Artifacts, "{artifact}", "Artifacts that can be hit.");
    }

    public void Synced(TimeSpan duration) => _syncSeconds?.Record(duration.TotalSeconds);

    public void Dispose() => _meter?.Dispose();
}
