using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using PackStore.Tools.Values;

namespace PackStore.Tools.Commands.Compacting;

/// <summary>How <c>compact</c> stores payloads in another way than before: compressed, or in another tier.</summary>
/// <remarks>From which size on a payload is a file of its own is a choice of whoever opens the store, and not kept in
/// it. So that this tool does not undo what a daemon has chosen, nothing moves unless a size is given.</remarks>
internal sealed class CompactRewriting
{
    /// <summary>The level to compress at.</summary>
    public Option<int?> Level { get; } = new("--recompress")
    {
        Description = "Compress what was not used lately at this zstd level, 1 to 19, where that saves an eighth.",
        HelpName = "LEVEL",
    };

    /// <summary>For how long it must not have been used.</summary>
    public Option<string> After { get; } = new("--recompress-after")
    {
        Description = "For how long it must not have been used, in whole hours. 1d by default.",
        HelpName = "AGE",
    };

    /// <summary>The size from which on payloads are files of their own.</summary>
    public Option<string> Fold { get; } = new("--fold")
    {
        Description = "Move payloads of at least this size out of rewritten segments, and files below half of it in.",
        HelpName = "SIZE",
    };

    /// <summary>Puts what was asked for into options.</summary>
    public CompactionOptions Complete(CommandContext context, CompactionOptions options) => new()
    {
        DeadRatio = options.DeadRatio,
        MaxBytesPerSecond = options.MaxBytesPerSecond,
        DryRun = options.DryRun,
        Eviction = options.Eviction,
        RecompressLevel = LevelOf(context),
        RecompressUnusedFor = AgeOf(context),
        FoldLoose = context.Get(Fold) is not null,
    };

    /// <summary>The options to open the store with.</summary>
    public PackStoreOptions OpenOptions(CommandContext context, bool creates)
    {
        const long Least = 1 << 10;
        const long Most = 1 << 30;
        if (context.Get(Fold) is not { } text)
        {
            return new PackStoreOptions { CreateIfMissing = creates };
        }

        long size = SizeText.Parse(text, "--fold");
        return size is >= Least and <= Most
            ? new PackStoreOptions { CreateIfMissing = creates, LooseThresholdBytes = size }
            : throw ToolException.Usage("--fold: has to be from 1 KiB to 1 GiB.");
    }

    /// <summary>Prints what became of payloads; of a plan with payloads to compress, that nobody has tried.</summary>
    public void Print(CommandContext context, CompactionReport report)
    {
        if (context.Text is not { } text)
        {
            return;
        }

        if (context.Get(Level) is not null)
        {
            string records = Number(report.RecompressedRecords);
            string before = SizeText.Format(report.RecompressedBytesBefore);
            text.Field("recompressed", report.IsUpperBound
                ? $"at most {records} records, {before}"
                : $"{records} records, {before} to {SizeText.Format(report.RecompressedBytesAfter)}");
        }

        if (report.FoldedInFiles + report.FoldedOutFiles > 0)
        {
            text.Field("folded", $"{Number(report.FoldedInFiles)} files in, {SizeText.Format(report.FoldedInBytes)}; "
                + $"{Number(report.FoldedOutFiles)} out, {SizeText.Format(report.FoldedOutBytes)}");
        }

        if (report.IsUpperBound)
        {
            text.Line("after, written: at most; freed: at least. What compresses how well is seen when it is tried.");
        }
    }

    /// <summary>Adds it to the result.</summary>
    public static void Write(Utf8JsonWriter json, CompactionReport report)
    {
        json.WriteNumber("recompressedRecords", report.RecompressedRecords);
        json.WriteNumber("recompressedBytesBefore", report.RecompressedBytesBefore);
        json.WriteNumber("recompressedBytesAfter", report.RecompressedBytesAfter);
        json.WriteNumber("foldedInFiles", report.FoldedInFiles);
        json.WriteNumber("foldedInBytes", report.FoldedInBytes);
        json.WriteNumber("foldedOutFiles", report.FoldedOutFiles);
        json.WriteNumber("foldedOutBytes", report.FoldedOutBytes);
        json.WriteBoolean("upperBound", report.IsUpperBound);
    }

    private int? LevelOf(CommandContext context)
    {
        int? level = context.Get(Level);
        return level is null or (>= 1 and <= 19)
            ? level
            : throw ToolException.Usage("--recompress: has to be a level from 1 to 19.");
    }

    private TimeSpan AgeOf(CommandContext context)
    {
        if (context.Get(After) is not { } text)
        {
            return new CompactionOptions().RecompressUnusedFor;
        }

        if (context.Get(Level) is null)
        {
            throw ToolException.Usage("--recompress-after: needs --recompress.");
        }

        return AgeText.TryParse(text, out TimeSpan age)
            ? age
            : throw ToolException.Usage($"--recompress-after: '{text}' is no age such as 30m, 12h or 7d.");
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
