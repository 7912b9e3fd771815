using System.Text.Encodings.Web;
using System.Text.Json;

namespace PackStore.Tools.Output;

/// <summary>The one result object of a run with <c>--json</c>. It ends in <c>next</c> and <c>exit</c>, also on
/// failure.</summary>
internal static class JsonReport
{
    /// <summary>How every JSON text of the tool is written.</summary>
    public static JsonWriterOptions WriterOptions { get; } = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = false,
    };

    /// <summary>The name that goes with an exit code.</summary>
    public static string NameOf(ExitCode code) => code switch
    {
        ExitCode.Ok => "ok",
        ExitCode.Failed => "failed",
        ExitCode.Usage => "usage",
        ExitCode.Damage => "damage",
        ExitCode.Repaired => "repaired",
        ExitCode.Warnings => "warnings",
        ExitCode.NotFound => "notfound",
        ExitCode.Locked => "locked",
        ExitCode.Format => "format",
        ExitCode.NoSpace => "nospace",
        ExitCode.WouldChange => "wouldchange",
        ExitCode.ReadOnly => "readonly",
        ExitCode.Interrupted => "interrupted",
        _ => throw new ArgumentOutOfRangeException(nameof(code), code, "An exit code without a name."),
    };

    /// <summary>Writes the object and a line feed.</summary>
    public static void Write(Stream output, string? verb, CommandResult result, Exception? failure, ExitCode code)
    {
        using (Utf8JsonWriter json = new(output, WriterOptions))
        {
            json.WriteStartObject();
            if (verb is not null)
            {
                json.WriteString("verb", verb);
            }

            result.Fields?.Invoke(json);
            if (result.DryRun)
            {
                json.WriteBoolean("dryRun", true);
            }

            WriteStrings(json, "warnings", result.Warnings);
            if (failure is not null)
            {
                WriteFailure(json, failure);
            }

            WriteStrings(json, "next", result.Next);
            json.WriteStartObject("exit");
            json.WriteNumber("code", (int)code);
            json.WriteString("name", NameOf(code));
            json.WriteEndObject();
            json.WriteEndObject();
        }

        output.WriteByte((byte)'\n');
    }

    private static void WriteFailure(Utf8JsonWriter json, Exception failure)
    {
        json.WriteString("error", FailureMapping.MessageOf(failure));
        if (failure is StoreLockedException locked)
        {
            json.WriteStartObject("lock");
            json.WriteNumber("pid", locked.ProcessId);
            json.WriteString("host", locked.Host);
            if (locked.Since is { } since)
            {
                json.WriteString("since", Values.TimeText.Format(since));
            }

            json.WriteEndObject();
        }
    }

    private static void WriteStrings(Utf8JsonWriter json, string name, IReadOnlyList<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }
}
