using System.Globalization;
using System.Text.Json;
using PackStore.Tools.Values;

namespace PackStore.Tools.Output;

/// <summary>Artifacts as JSON, the fields that scripts rely on.</summary>
internal static class ArtifactJson
{
    /// <summary>The fields of a line of <c>ls</c>; with <paramref name="full"/>, those of <c>show</c>.</summary>
    public static void Write(Utf8JsonWriter json, ArtifactMetadata artifact, bool full)
    {
        json.WriteString("key", artifact.Key.ToString());
        json.WriteStartArray("outputs");
        foreach (PayloadInfo payload in artifact.Payloads)
        {
            WritePayload(json, payload, full);
        }

        json.WriteEndArray();
        json.WriteNumber("stdoutBytes", artifact.StandardOutputLength);
        json.WriteNumber("stderrBytes", artifact.StandardErrorLength);
        json.WriteNumber("exitCode", artifact.ExitCode);
        json.WriteString("storedAt", TimeText.Format(artifact.StoredAt));
        json.WriteString("lastUsed", TimeText.Format(artifact.LastUsed));
        if (full)
        {
            WriteRest(json, artifact);
        }
    }

    /// <summary>Where a payload lives, in one word.</summary>
    public static string NameOf(PayloadTier tier) => tier switch
    {
        PayloadTier.Pack => "pack",
        PayloadTier.Loose => "loose",
        PayloadTier.Pending => "pending",
        _ => throw new ArgumentOutOfRangeException(nameof(tier), tier, "A tier without a name."),
    };

    /// <summary>How a payload is stored, in one word.</summary>
    public static string NameOf(PayloadEncoding encoding) => encoding switch
    {
        PayloadEncoding.Raw => "raw",
        PayloadEncoding.Zstd => "zstd",
        _ => throw new ArgumentOutOfRangeException(nameof(encoding), encoding, "An encoding without a name."),
    };

    /// <summary>How an artifact came into the store.</summary>
    public static string NameOf(ArtifactProvenance provenance) => provenance switch
    {
        ArtifactProvenance.Put => "put",
        ArtifactProvenance.DigestChecked => "digest-checked",
        ArtifactProvenance.SizeChecked => "size-checked",
        _ => throw new ArgumentOutOfRangeException(nameof(provenance), provenance, "A provenance without a name."),
    };

    /// <summary>A checksum as 16 digits.</summary>
    public static string FormatChecksum(ulong checksum) => checksum.ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>Permission bits as octal digits: <c>0644</c>.</summary>
    public static string FormatMode(UnixFileMode mode) => "0" + Convert.ToString((int)mode, 8).PadLeft(3, '0');

    private static void WritePayload(Utf8JsonWriter json, PayloadInfo payload, bool full)
    {
        json.WriteStartObject();
        json.WriteString("name", payload.Name);
        json.WriteNumber("size", payload.Length);
        json.WriteString("tier", NameOf(payload.Tier));
        if (full)
        {
            json.WriteNumber("segment", payload.SegmentId);
            json.WriteNumber("offset", payload.SegmentOffset);
            json.WriteString("checksum", FormatChecksum(payload.Checksum));
            if (payload.Mode is { } mode)
            {
                json.WriteString("mode", FormatMode(mode));
            }
            else
            {
                json.WriteNull("mode");
            }

            json.WriteNumber("storedSize", payload.StoredLength);
            json.WriteString("encoding", NameOf(payload.Encoding));
        }

        json.WriteEndObject();
    }

    private static void WriteRest(Utf8JsonWriter json, ArtifactMetadata artifact)
    {
        json.WriteStartArray("verdicts");
        foreach (ArtifactVerdict verdict in artifact.Verdicts)
        {
            json.WriteStartObject();
            json.WriteString("name", verdict.Name);
            json.WriteNumber("exitCode", verdict.ExitCode);
            json.WriteNumber("stdoutBytes", verdict.StandardOutput.Length);
            json.WriteNumber("stderrBytes", verdict.StandardError.Length);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("extraBytes", artifact.Extra.Length);
        json.WriteString("provenance", NameOf(artifact.Provenance));
    }
}
