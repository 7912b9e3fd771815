using System.Buffers;
using System.Text.Json;
using PackStore.Tools.Output;

namespace PackStore.Tools.Import;

/// <summary>
/// The import's report: one JSON line an entry. A line is handed to the system whole, and only after what it says has
/// survived <c>kill -9</c>.
/// </summary>
internal sealed class ImportReportFile : IDisposable
{
    // Guards the file and the buffer.
    private readonly Lock _lock = new();
    private readonly FileStream _file;
    private readonly ArrayBufferWriter<byte> _buffer = new(16 << 10);
    private readonly Utf8JsonWriter _json;

    public ImportReportFile(string path)
    {
        _file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        _json = new Utf8JsonWriter(_buffer, JsonReport.WriterOptions);
        FullPath = Path.GetFullPath(path);
    }

    /// <summary>Where it is.</summary>
    public string FullPath { get; }

    /// <summary>Writes the lines of several entries at once.</summary>
    public void Write(IEnumerable<ImportReportLine> lines)
    {
        lock (_lock)
        {
            _buffer.ResetWrittenCount();
            foreach (ImportReportLine line in lines)
            {
                _json.WriteStartObject();
                WriteText("key", line.Key);
                WriteText("source", line.Source);
                WriteText("result", line.Result);
                WriteText("reason", line.Reason);
                _json.WriteEndObject();
                _json.Flush();
                _json.Reset();
                _buffer.Write("\n"u8);
            }

            _file.Write(_buffer.WrittenSpan);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _json.Dispose();
        _file.Dispose();
    }

    private void WriteText(string name, string? value)
    {
        if (value is null)
        {
            _json.WriteNull(name);
        }
        else
        {
            _json.WriteString(name, value);
        }
    }
}
