using System.CommandLine;
using PackStore.Tools.Output;
using PackStore.Tools.Values;

namespace PackStore.Tools;

/// <summary>One run of one verb: its arguments, where it writes, and what it has to report.</summary>
internal sealed class CommandContext
{
    private readonly ParseResult _parse;
    private readonly TextReport _text;
    private readonly bool _detailed;
    private readonly long _start = TimeProvider.System.GetTimestamp();

    public CommandContext(ParseResult parse, ToolConsole console)
    {
        _parse = parse;
        Console = console;
        _text = new TextReport(console);
        Json = IsSet(parse, CommonOptions.Json);
        Quiet = IsSet(parse, CommonOptions.Quiet);
        bool changes = parse.CommandResult.Command.Options.Contains(CommonOptions.DryRun);
        DryRun = changes && IsSet(parse, CommonOptions.DryRun);
        _detailed = changes && IsSet(parse, CommonOptions.DetailedExitCode);
        Result = new CommandResult { DryRun = DryRun };
    }

    /// <summary>Where the run writes.</summary>
    public ToolConsole Console { get; }

    /// <summary>Whether the result is an object instead of text.</summary>
    public bool Json { get; }

    /// <summary>Whether text is wanted only if something is wrong.</summary>
    public bool Quiet { get; }

    /// <summary>Whether to plan instead of doing.</summary>
    public bool DryRun { get; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; } = TimeProvider.System;

    /// <summary>What is to be reported.</summary>
    public CommandResult Result { get; }

    /// <summary>How long the run has taken so far.</summary>
    public TimeSpan Elapsed => Time.GetElapsedTime(_start);

    /// <summary>Text for when all is well; <see langword="null"/> where none is wanted.</summary>
    public TextReport? Text => Json || Quiet ? null : _text;

    /// <summary>Text for when something is wrong; <see langword="null"/> where the result is an object.</summary>
    public TextReport? Alarm => Json ? null : _text;

    /// <summary>Whether a flag was given, also on a command line with mistakes.</summary>
    public static bool IsSet(ParseResult parse, Option<bool> flag) =>
        parse.GetResult(flag) is { } given && !given.Errors.Any() && parse.GetValue(flag);

    /// <summary>The value of an argument.</summary>
    public T Get<T>(Argument<T> argument) => _parse.GetValue(argument)
        ?? throw new InvalidOperationException($"The parser let a missing {argument.Name} pass.");

    /// <summary>The value of an option, or its default.</summary>
    public T? Get<T>(Option<T> option) => _parse.GetValue(option);

    /// <summary>Whether the option was given.</summary>
    public bool Has(Option option) => _parse.GetResult(option) is { Implicit: false };

    /// <summary>The value of an argument that is a path: whatever it is, not empty.</summary>
    public string GetPath(Argument<string> argument)
    {
        string path = Get(argument);
        return path.Length > 0 ? path : throw ToolException.Usage($"{argument.Name} is empty.");
    }

    /// <summary>Starts a progress display.</summary>
    public ProgressMeter StartProgress(string title) =>
        ProgressMeter.Start(Console, Get(CommonOptions.Progress), Quiet, title);

    /// <summary>Says on standard error, and in the result, what the user should know though it failed
    /// nothing.</summary>
    public void Warn(string message)
    {
        Result.Warnings.Add(message);
        Console.Error.WriteLine($"packtool: warning: {Printable.Escape(message)}");
    }

    /// <summary>Titles the text of a dry run.</summary>
    public void AnnouncePlan()
    {
        if (DryRun)
        {
            Text?.Line("PLAN (nothing was changed)", Tone.Title);
        }
    }

    /// <summary>Adds a command that the user should run next.</summary>
    public void SuggestNext(string command)
    {
        Result.Next.Add(command);
        Alarm?.Field("NEXT", command, Tone.Warning);
    }

    /// <summary>The same for a run that is about to fail: on standard error, because nobody asked for text on standard
    /// output.</summary>
    public void SuggestAfterFailure(string command)
    {
        Result.Next.Add(command);
        if (!Json)
        {
            Console.Error.WriteLine($"NEXT   {command}");
        }
    }

    /// <summary>The exit code of a verb that ended well: 10 for a plan that would change something, where that was
    /// asked for.</summary>
    public ExitCode Finish(ExitCode code, bool changes) =>
        DryRun && _detailed && changes && code is (ExitCode.Ok or ExitCode.Warnings) ? ExitCode.WouldChange : code;
}
