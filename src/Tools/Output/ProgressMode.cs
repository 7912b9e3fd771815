namespace PackStore.Tools.Output;

/// <summary>How progress is shown, always on standard error.</summary>
internal enum ProgressMode
{
    /// <summary>Like <see cref="Tty"/> on a terminal, else like <see cref="None"/>.</summary>
    Auto,

    /// <summary>One line, redrawn.</summary>
    Tty,

    /// <summary>A line every ten seconds and one at the end.</summary>
    Plain,

    None,
}
