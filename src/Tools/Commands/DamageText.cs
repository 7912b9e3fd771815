using System.Globalization;
using System.Text.Json;
using PackStore.Tools.Output;
using PackStore.Tools.Values;

namespace PackStore.Tools.Commands;

/// <summary>Damage as the verbs tell it: numbered, with file, offset, artifact and a hint at the cause, and what it
/// costs.</summary>
internal static class DamageText
{
    /// <summary>Writes the list and what is lost.</summary>
    public static void Print(TextReport text, VerifyReport report, string lostLabel)
    {
        text.Blank();
        text.Line("DAMAGE", Tone.Bad);
        for (int i = 0; i < report.Damage.Count; i++)
        {
            VerifyFinding finding = report.Damage[i];
            string key = finding.Key is { } k ? $"   artifact {k}" : "";
            text.Line(string.Create(
                CultureInfo.InvariantCulture,
                $"  #{i + 1} {NameOf(finding.Kind)}   {Printable.Escape(finding.File)} @ 0x{finding.Offset:x8}{key}"));
            text.Line($"     {Printable.Escape(finding.Detail)}");
            if (Hint(finding) is { } hint)
            {
                text.Line($"     cause hint: {hint}");
            }
        }

        text.Blank();
        text.Field(
            lostLabel,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{report.LostArtifacts} artifacts, {report.LostPayloads} payloads, ")
            + $"{SizeText.Format(report.LostBytes)}: they will be misses, not wrong answers",
            Tone.Bad);
    }

    /// <summary>Writes the members <c>damage</c> and <c>lost</c>.</summary>
    public static void Write(Utf8JsonWriter json, VerifyReport report)
    {
        json.WriteStartArray("damage");
        foreach (VerifyFinding finding in report.Damage)
        {
            json.WriteStartObject();
            json.WriteString("kind", NameOf(finding.Kind));
            json.WriteString("file", finding.File);
            json.WriteNumber("offset", finding.Offset);
            if (finding.Key is { } key)
            {
                json.WriteString("key", key.ToString());
            }

            json.WriteString("detail", finding.Detail);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("lost");
        json.WriteNumber("artifacts", report.LostArtifacts);
        json.WriteNumber("payloads", report.LostPayloads);
        json.WriteNumber("bytes", report.LostBytes);
        json.WriteEndObject();
    }

    /// <summary>What this kind of damage most often comes from. A guess, and said to be one.</summary>
    private static string? Hint(VerifyFinding finding) => finding.Kind switch
    {
        VerifyFindingKind.Identity =>
            "a bad sector, or another program wrote to STORE; the other copy, or a segment, has it",
        VerifyFindingKind.Checkpoint =>
            "a lost write or a file put back from a backup; it is made again from the segments",
        VerifyFindingKind.Segment when finding.Detail.Contains("absent", StringComparison.Ordinal) =>
            "the file was deleted, or the store was copied without it",
        VerifyFindingKind.Segment when finding.Detail.Contains("expected at least", StringComparison.Ordinal) =>
            "the file was cut off: a full disk while it was copied, or a file system repaired after a crash",
        VerifyFindingKind.Loose when finding.Detail.Contains("absent", StringComparison.Ordinal) =>
            "the file was deleted by hand or by a cleaner",
        VerifyFindingKind.Payload or VerifyFindingKind.Metadata or VerifyFindingKind.Header
            or VerifyFindingKind.Directory when finding.Offset % 4096 == 0 =>
            "it begins with a block of the disk: more likely a lost or misplaced write than a flipped bit",
        VerifyFindingKind.Loose => "the file was written to from outside, or its disk has lost a write",
        _ => null,
    };

    private static string NameOf(VerifyFindingKind kind) => kind switch
    {
        VerifyFindingKind.Identity => "identity",
        VerifyFindingKind.Checkpoint => "checkpoint",
        VerifyFindingKind.Segment => "segment",
        VerifyFindingKind.Header => "header",
        VerifyFindingKind.Metadata => "metadata",
        VerifyFindingKind.Payload => "payload",
        VerifyFindingKind.Directory => "directory",
        VerifyFindingKind.Loose => "loose",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "A kind without a name."),
    };
}
