namespace PackStore.Tools.Output;

/// <summary>Shows where a long run stands. <see cref="Report"/> may be called from any thread.</summary>
internal abstract class ProgressMeter : IProgress<ProgressPoint>, IAsyncDisposable
{
    /// <summary>Makes the meter a mode asks for.</summary>
    public static ProgressMeter Start(ToolConsole console, ProgressMode mode, bool quiet, string title)
    {
        if (mode == ProgressMode.Auto)
        {
            mode = console.ErrorIsTerminal && !quiet ? ProgressMode.Tty : ProgressMode.None;
        }

        return mode switch
        {
            ProgressMode.Tty => new TerminalProgressMeter(console, title),
            ProgressMode.Plain => new PlainProgressMeter(console.Error, title, TimeProvider.System),
            _ => new SilentProgressMeter(),
        };
    }

    /// <inheritdoc/>
    public abstract void Report(ProgressPoint value);

    /// <summary>Ends the display.</summary>
    public abstract ValueTask DisposeAsync();
}
