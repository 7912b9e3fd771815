using System.Globalization;
using Spectre.Console;

namespace PackStore.Tools.Output;

/// <summary>Progress for people: one line with bar, bytes, rate and time to go, redrawn ten times a second and then
/// taken away.</summary>
internal sealed class TerminalProgressMeter : ProgressMeter
{
    private readonly string _title;
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _display;
    private volatile ProgressTask? _task;

    public TerminalProgressMeter(ToolConsole console, string title)
    {
        _title = title;
        IAnsiConsole terminal = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            ColorSystem = console.UseColors ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.Yes,
            Out = new AnsiConsoleOutput(console.Error),
        });
        _display = terminal.Progress()
            .AutoClear(true)
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new ProgressBarColumn(),
                new PercentageColumn(),
                new DownloadedColumn(),
                new TransferSpeedColumn(),
                new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                _task = context.AddTask(title, maxValue: 1);
                await _end.Task;
            });
    }

    /// <inheritdoc/>
    public override void Report(ProgressPoint value)
    {
        if (_task is not { } task)
        {
            return;
        }

        task.MaxValue = Math.Max(1, Math.Max(value.TotalBytes, value.DoneBytes));
        task.Value = value.DoneBytes;
        task.IsIndeterminate = value.TotalBytes == 0;
        task.Description = value.Findings == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{_title} {value.Items}")
            : string.Create(CultureInfo.InvariantCulture, $"{_title} {value.Items}, [red]{value.Findings} damaged[/]");
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        _end.TrySetResult();
        await _display;
    }
}
