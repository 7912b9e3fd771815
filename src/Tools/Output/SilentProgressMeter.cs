namespace PackStore.Tools.Output;

/// <summary>Shows nothing.</summary>
internal sealed class SilentProgressMeter : ProgressMeter
{
    /// <inheritdoc/>
    public override void Report(ProgressPoint value)
    {
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
