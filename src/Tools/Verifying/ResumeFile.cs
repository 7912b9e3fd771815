using System.Buffers;
using System.Text.Json;
using PackStore.Tools.Output;

namespace PackStore.Tools.Verifying;

/// <summary>
/// Remembers how far a verification in parts has got, in a file of the user's choice outside of the store. Replaced as
/// a whole after each part; removed when the end is reached, so that the next run begins anew.
/// </summary>
internal sealed class ResumeFile
{
    private const int Version = 1;
    private readonly string _path;
    private readonly string _store;
    private readonly string _what;

    /// <param name="path">The file.</param>
    /// <param name="store">The store's directory.</param>
    /// <param name="what">How deep it reads: totals of other depths cannot be added up.</param>
    public ResumeFile(string path, string store, string what)
    {
        _path = Path.GetFullPath(path);
        _store = Path.GetFullPath(store);
        _what = what;
        string inside = Path.TrimEndingDirectorySeparator(_store) + Path.DirectorySeparatorChar;
        if (_path.StartsWith(inside, StringComparison.Ordinal) || Directory.Exists(_path))
        {
            throw new ToolException(
                ExitCode.Usage, $"--resume wants a file outside of the store; got {path}");
        }
    }

    /// <summary>What was found before; empty if nothing was.</summary>
    public VerifyTotals Load()
    {
        if (!File.Exists(_path))
        {
            return new VerifyTotals();
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(_path));
            JsonElement root = document.RootElement;
            if (root.GetProperty("version").GetInt32() != Version || root.GetProperty("store").GetString() != _store
                || root.GetProperty("what").GetString() != _what)
            {
                throw new ToolException(
                    ExitCode.Usage, $"{_path} belongs to another verification; remove it to begin anew");
            }

            return Read(root);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException)
        {
            throw new ToolException(ExitCode.Usage, $"{_path} is no file of --resume; remove it to begin anew", e);
        }
    }

    /// <summary>Remembers, or forgets when the end was reached.</summary>
    public void Save(VerifyTotals totals)
    {
        if (totals.NextSegment is not { } next)
        {
            File.Delete(_path);
            return;
        }

        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, JsonReport.WriterOptions))
        {
            json.WriteStartObject();
            json.WriteNumber("version", Version);
            json.WriteString("store", _store);
            json.WriteString("what", _what);
            json.WriteNumber("nextSegment", next);
            json.WriteNumber("segments", totals.Segments);
            json.WriteNumber("records", totals.Records);
            json.WriteNumber("bytes", totals.Bytes);
            json.WriteNumber("loose", totals.LooseFiles);
            DamageText.Write(json, totals);
            json.WriteEndObject();
        }

        string fresh = _path + ".new";
        File.WriteAllBytes(fresh, buffer.WrittenSpan);
        File.Move(fresh, _path, overwrite: true);
    }

    private static VerifyTotals Read(JsonElement root)
    {
        JsonElement lost = root.GetProperty("lost");
        VerifyTotals totals = new()
        {
            NextSegment = root.GetProperty("nextSegment").GetInt32(),
            Segments = root.GetProperty("segments").GetInt64(),
            Records = root.GetProperty("records").GetInt64(),
            Bytes = root.GetProperty("bytes").GetInt64(),
            LooseFiles = root.GetProperty("loose").GetInt64(),
            LostArtifacts = lost.GetProperty("artifacts").GetInt64(),
            LostPayloads = lost.GetProperty("payloads").GetInt64(),
            LostBytes = lost.GetProperty("bytes").GetInt64(),
        };
        foreach (JsonElement d in root.GetProperty("damage").EnumerateArray())
        {
            totals.Add(new DamageItem(
                d.GetProperty("kind").GetString()!, d.GetProperty("file").GetString()!,
                d.GetProperty("offset").GetInt64(), d.GetProperty("length").GetInt64(),
                d.TryGetProperty("key", out JsonElement key) ? key.GetString() : null,
                d.GetProperty("detail").GetString()!));
        }

        return totals;
    }
}
