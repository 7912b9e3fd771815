using PackStore.Migration.Legacy;
using PackStore.Storage.Foreign;

namespace PackStore.Migration.Sources;

/// <summary>Why an entry is left out: words that reports and scripts rely on.</summary>
internal static class SkipReasons
{
    /// <summary>The key is none, or has an odd number of digits.</summary>
    public const string Key = "key";

    /// <summary>The row contradicts itself.</summary>
    public const string Row = "row";

    /// <summary>The index cannot be read, so its rows are unknown.</summary>
    public const string Index = "index";

    /// <summary>The database of the older index cannot be read, or some of its pages.</summary>
    public const string Database = "redb";

    /// <summary>A snapshot's description does not fit what it describes.</summary>
    public const string Snapshot = "snapshot";

    /// <summary>A payload file is not there.</summary>
    public const string Missing = "missing";

    /// <summary>A payload has another length than its row says.</summary>
    public const string Size = "size";

    /// <summary>Bytes that do not have the digest recorded for them.</summary>
    public const string Digest = "digest";

    /// <summary>A link, pipe, device or directory where a file should be.</summary>
    public const string Kind = "kind";

    /// <summary>A file that may not be read, or whose device failed.</summary>
    public const string Unreadable = "unreadable";

    /// <summary>A pack that contradicts itself or its row.</summary>
    public const string Pack = "pack";

    /// <summary>A staged generation whose pointer or manifest is damaged.</summary>
    public const string Staged = "staged";

    /// <summary>A <c>.meta</c> that is cut short or was never one.</summary>
    public const string Meta = "meta";

    /// <summary>Names or streams that no record can hold, or a file too long to be believed.</summary>
    public const string TooLarge = "toolarge";

    /// <summary>The store has the key in a version as new or newer, with other content. Nothing is wrong with
    /// that.</summary>
    public const string Older = "older";

    /// <summary>The reason for a foreign name that could not be had.</summary>
    public static string Of(ForeignStatus status) => status switch
    {
        ForeignStatus.Absent => Missing,
        ForeignStatus.WrongKind => Kind,
        _ => Unreadable,
    };

    /// <summary>The reason for a row that is no entry.</summary>
    public static string OfRow(LegacyProblem problem) =>
        problem is LegacyProblem.BadKey or LegacyProblem.OddKey ? Key : Row;
}
