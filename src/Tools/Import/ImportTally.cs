using System.Text.Json;

namespace PackStore.Tools.Import;

/// <summary>Counts what became of the entries of a source. All members may run in parallel.</summary>
internal sealed class ImportTally
{
    // Guards every field.
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, long> _reasons = new(StringComparer.Ordinal);
    private long _imported;
    private long _duplicates;
    private long _skipped;
    private long _bytes;
    private bool _warned;

    /// <summary>New distinct artifacts.</summary>
    public long Imported
    {
        get
        {
            lock (_lock)
            {
                return _imported;
            }
        }
    }

    /// <summary>Whether anything was counted.</summary>
    public bool HasEntries
    {
        get
        {
            lock (_lock)
            {
                return _imported + _duplicates + _skipped > 0;
            }
        }
    }

    /// <summary>Whether something was left out that should not have been.</summary>
    public bool HasWarnings
    {
        get
        {
            lock (_lock)
            {
                return _warned;
            }
        }
    }

    /// <summary>A new artifact of so many bytes.</summary>
    public void CountImported(long bytes)
    {
        lock (_lock)
        {
            _imported++;
            _bytes += bytes;
        }
    }

    /// <summary>A file whose content was there already.</summary>
    public void CountDuplicate()
    {
        lock (_lock)
        {
            _duplicates++;
        }
    }

    /// <summary>An entry that was left out.</summary>
    public void CountSkipped(string reason)
    {
        lock (_lock)
        {
            _skipped++;
            _reasons[reason] = _reasons.GetValueOrDefault(reason) + 1;
            _warned |= SkipReason.IsWarning(reason);
        }
    }

    /// <summary>The fields of the result object.</summary>
    public void WriteFields(Utf8JsonWriter json)
    {
        lock (_lock)
        {
            json.WriteNumber("imported", _imported);
            json.WriteNumber("duplicates", _duplicates);
            json.WriteNumber("skipped", _skipped);
            json.WriteNumber("bytes", _bytes);
            json.WriteStartObject("reasons");
            foreach ((string reason, long count) in _reasons)
            {
                json.WriteNumber(reason, count);
            }

            json.WriteEndObject();
        }
    }

    /// <summary>The same for people.</summary>
    public void Print(Output.TextReport text, TimeSpan elapsed)
    {
        lock (_lock)
        {
            double seconds = Math.Max(elapsed.TotalSeconds, 0.001);
            string reasons = string.Join(", ", _reasons.Select(static r => $"{r.Value} {r.Key}"));
            text.Field("imported", FormattableString.Invariant(
                $"{_imported} artifacts, {Values.SizeText.Format(_bytes)} in {seconds:0.0} s ")
                + FormattableString.Invariant(
                $"({_imported / seconds:0} /s, {Values.SizeText.Format((long)(_bytes / seconds))}/s)"));
            text.Field("duplicates", FormattableString.Invariant($"{_duplicates}"));
            text.Field("skipped",
                FormattableString.Invariant($"{_skipped}") + (reasons.Length == 0 ? "" : $" ({reasons})"));
        }
    }
}
