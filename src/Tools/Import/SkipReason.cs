namespace PackStore.Tools.Import;

/// <summary>Why an entry of a source was left out, in the words of the report.</summary>
internal static class SkipReason
{
    /// <summary>A symbolic link.</summary>
    public const string Link = "link";

    /// <summary>A named pipe.</summary>
    public const string Pipe = "pipe";

    /// <summary>A socket.</summary>
    public const string Socket = "socket";

    /// <summary>A device, or something stranger.</summary>
    public const string Device = "device";

    /// <summary>The store that is being filled.</summary>
    public const string Store = "store";

    /// <summary>The report that is being written.</summary>
    public const string Report = "report";

    /// <summary>A file or directory that could not be read.</summary>
    public const string Unreadable = "unreadable";

    /// <summary>A name that is not text.</summary>
    public const string Name = "name";

    /// <summary>A file that changed while it was read.</summary>
    public const string Changed = "changed";

    /// <summary>A file that went away before it was read.</summary>
    public const string Vanished = "vanished";

    /// <summary>Whether something the user may have wanted is missing from the store, so that the run ends in
    /// warnings.</summary>
    public static bool IsWarning(string reason) => reason is Unreadable or Name or Changed or Vanished;
}
