namespace PackStore.Tools;

/// <summary>A run cannot go on, for a reason the tool found itself: what to say, and what to exit with.</summary>
internal sealed class ToolException(ExitCode code, string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>What to exit with.</summary>
    public ExitCode Code { get; } = code;

    /// <summary>A mistake in the arguments.</summary>
    public static ToolException Usage(string message) => new(ExitCode.Usage, message);

    /// <summary>The machine said no.</summary>
    public static ToolException Failed(string message) => new(ExitCode.Failed, message);
}
