using System.Globalization;
using System.Text.Json;
using PackStore.Tools.Output;
using PackStore.Tools.Values;

namespace PackStore.Tools.Verifying;

/// <summary>Damage as the verbs tell it: numbered, with file, offset, artifact and a hint at the cause, and what it
/// costs.</summary>
internal static class DamageText
{
    /// <summary>Writes the list and what is lost.</summary>
    public static void Print(TextReport text, VerifyTotals found)
    {
        text.Blank();
        text.Line("DAMAGE", Tone.Bad);
        for (int i = 0; i < found.Damage.Count; i++)
        {
            DamageItem item = found.Damage[i];
            string length = item.Length > 0
                ? string.Create(CultureInfo.InvariantCulture, $"  +{item.Length} B") : "";
            string key = item.Key is { } k ? $"   artifact {k}" : "";
            text.Line(string.Create(
                CultureInfo.InvariantCulture,
                $"  #{i + 1} {item.Kind}   {Printable.Escape(item.File)} @ 0x{item.Offset:x8}{length}{key}"));
            text.Line($"     {Printable.Escape(item.Detail)}");
            if (item.Hint is { } hint)
            {
                text.Line($"     cause hint: {hint}");
            }
        }

        text.Blank();
        text.Field(
            "LOST",
            string.Create(
                CultureInfo.InvariantCulture, $"{found.LostArtifacts} artifacts, {found.LostPayloads} payloads, ")
            + $"{SizeText.Format(found.LostBytes)}: they will be misses, not wrong answers",
            Tone.Bad);
    }

    /// <summary>Writes the members <c>damage</c> and <c>lost</c>.</summary>
    public static void Write(Utf8JsonWriter json, VerifyTotals found)
    {
        json.WriteStartArray("damage");
        foreach (DamageItem item in found.Damage)
        {
            json.WriteStartObject();
            json.WriteString("kind", item.Kind);
            json.WriteString("file", item.File);
            json.WriteNumber("offset", item.Offset);
            json.WriteNumber("length", item.Length);
            if (item.Key is { } key)
            {
                json.WriteString("key", key);
            }

            json.WriteString("detail", item.Detail);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("lost");
        json.WriteNumber("artifacts", found.LostArtifacts);
        json.WriteNumber("payloads", found.LostPayloads);
        json.WriteNumber("bytes", found.LostBytes);
        json.WriteEndObject();
    }
}
