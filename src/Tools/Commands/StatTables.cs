using System.Text.Json;
using PackStore.Tools.Output;
using PackStore.Tools.Values;

namespace PackStore.Tools.Commands;

/// <summary>The tables of <c>stat --by</c>, for people and for scripts; without it the ages alone.</summary>
internal sealed class StatTables(StoreStats stats, StoreDistribution? distribution, StatDetail by)
{
    private const int BarWidth = 24;

    /// <summary>Prints them.</summary>
    public void Print(TextReport text)
    {
        if (by != StatDetail.Segment && stats.Artifacts == 0)
        {
            return;
        }

        text.Blank();
        switch (by)
        {
            case StatDetail.Segment:
                text.Table(
                    ["SEGMENT", "STATE", ">LIVE", ">DEAD", ">RESERVED"], [.. stats.SegmentUses.Select(SegmentRow)]);
                break;
            case StatDetail.Size:
                text.Table(["SIZE", ">ARTIFACTS", ">BYTES", ">SHARE", ""], [.. distribution!.Sizes.Select(SizeRow)]);
                break;
            case StatDetail.Age:
                text.Table(
                    ["LAST USED", ">ARTIFACTS", ">SHARE", "", ">BYTES"],
                    [.. distribution!.Ages.Select(b => (string[])[.. AgeRow(b), SizeText.Format(b.Bytes)])]);
                text.Blank();
                text.Table([">A CAP OF", ">WOULD HAVE KEPT", "USED WITHIN"], [.. distribution.Caps.Select(CapRow)]);
                text.Line("An estimate: of the artifacts here, the share whose latest use fell within the cap.");
                break;
            default:
                text.Table(["LAST USED", ">ARTIFACTS", ">SHARE", ""], [.. stats.Ages.Select(AgeRow)]);
                break;
        }
    }

    /// <summary>Writes them.</summary>
    public void Write(Utf8JsonWriter json)
    {
        switch (by)
        {
            case StatDetail.Segment:
                WriteSegments(json);
                break;
            case StatDetail.Size:
                WriteSizes(json);
                break;
            case StatDetail.Age:
                json.WriteStartObject("byAge");
                WriteAges(json, distribution!.Ages, withBytes: true);
                WriteCaps(json);
                json.WriteEndObject();
                break;
            default:
                break;
        }
    }

    /// <summary>Writes the bars of an age histogram.</summary>
    public static void WriteAges(Utf8JsonWriter json, IReadOnlyList<AgeBucket> ages, bool withBytes)
    {
        json.WriteStartArray("ages");
        foreach (AgeBucket bucket in ages)
        {
            json.WriteStartObject();
            if (bucket.UpTo == TimeSpan.MaxValue)
            {
                json.WriteNull("upToSeconds");
            }
            else
            {
                json.WriteNumber("upToSeconds", (long)bucket.UpTo.TotalSeconds);
            }

            json.WriteNumber("artifacts", bucket.Artifacts);
            if (withBytes)
            {
                json.WriteNumber("bytes", bucket.Bytes);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteCaps(Utf8JsonWriter json)
    {
        json.WriteStartArray("caps");
        foreach (CapHint hint in distribution!.Caps)
        {
            json.WriteStartObject();
            json.WriteNumber("maxBytes", hint.MaxBytes);
            json.WriteNumber("keptUses", Math.Round(hint.KeptUses, 4));
            json.WriteNumber("ageSeconds", (long)hint.Age.TotalSeconds);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteSizes(Utf8JsonWriter json)
    {
        json.WriteStartArray("bySize");
        foreach (SizeBucket bucket in distribution!.Sizes)
        {
            json.WriteStartObject();
            if (bucket.UpToBytes == long.MaxValue)
            {
                json.WriteNull("upToBytes");
            }
            else
            {
                json.WriteNumber("upToBytes", bucket.UpToBytes);
            }

            json.WriteNumber("artifacts", bucket.Artifacts);
            json.WriteNumber("bytes", bucket.Bytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteSegments(Utf8JsonWriter json)
    {
        json.WriteStartArray("bySegment");
        foreach (SegmentUse use in stats.SegmentUses)
        {
            json.WriteStartObject();
            json.WriteNumber("segment", use.Number);
            json.WriteBoolean("sealed", use.IsSealed);
            json.WriteNumber("liveBytes", use.LiveBytes);
            json.WriteNumber("deadBytes", use.DeadBytes);
            json.WriteNumber("reservedBytes", use.ReservedBytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private string[] AgeRow(AgeBucket bucket)
    {
        double share = (double)bucket.Artifacts / Math.Max(1, stats.Artifacts);
        return
        [
            bucket.UpTo == TimeSpan.MaxValue ? "earlier" : $"< {AgeText.Format(bucket.UpTo)} ago",
            Invariant($"{bucket.Artifacts}"),
            Invariant($"{100 * share:0.0} %"),
            Bar(share),
        ];
    }

    private string[] SizeRow(SizeBucket bucket)
    {
        double share = (double)bucket.Bytes / Math.Max(1, stats.LiveBytes);
        return
        [
            bucket.UpToBytes == long.MaxValue ? "larger" : $"< {SizeText.Format(bucket.UpToBytes)}",
            Invariant($"{bucket.Artifacts}"),
            SizeText.Format(bucket.Bytes),
            Invariant($"{100 * share:0.0} %"),
            Bar(share),
        ];
    }

    private static string[] SegmentRow(SegmentUse use) =>
    [
        Invariant($"{use.Number:x8}"),
        use.IsSealed ? "sealed" : "open",
        SizeText.Format(use.LiveBytes),
        SizeText.Format(use.DeadBytes),
        SizeText.Format(use.ReservedBytes),
    ];

    private static string[] CapRow(CapHint hint) =>
        [SizeText.Format(hint.MaxBytes), Invariant($"{100 * hint.KeptUses:0.0} % of uses"), AgeText.Format(hint.Age)];

    private static string Bar(double share) =>
        new('#', Math.Clamp((int)Math.Round(BarWidth * share), 0, BarWidth));

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}

/// <summary>What <c>stat --by</c> shows.</summary>
internal enum StatDetail
{
    /// <summary>Nothing more than without it.</summary>
    None = 0,

    /// <summary>Artifacts and bytes by last use, and what caps would have kept.</summary>
    Age,

    /// <summary>Artifacts and bytes by size.</summary>
    Size,

    /// <summary>Each segment.</summary>
    Segment,
}
