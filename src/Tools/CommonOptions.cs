using System.CommandLine;
using PackStore.Tools.Output;

namespace PackStore.Tools;

/// <summary>Options that several verbs share.</summary>
internal static class CommonOptions
{
    /// <summary>One result object on standard output.</summary>
    public static Option<bool> Json { get; } = new("--json")
    {
        Description = "Print one result object as JSON.",
        Recursive = true,
    };

    /// <summary>No text where all is well.</summary>
    public static Option<bool> Quiet { get; } = new("--quiet", "-q")
    {
        Description = "Print nothing unless something is wrong.",
        Recursive = true,
    };

    /// <summary>How progress is shown.</summary>
    public static Option<ProgressMode> Progress { get; } = new("--progress")
    {
        Description = "Show progress on standard error: auto, tty, plain or none.",
        HelpName = "auto|tty|plain|none",
        Recursive = true,
        CustomParser = OneOf(
            "--progress",
            ("auto", ProgressMode.Auto),
            ("tty", ProgressMode.Tty),
            ("plain", ProgressMode.Plain),
            ("none", ProgressMode.None)),
    };

    /// <summary>A plan instead of a change.</summary>
    public static Option<bool> DryRun { get; } = new("--dry-run", "-n")
    {
        Description = "Show what would be done; change nothing.",
    };

    /// <summary>With a dry run, exit 10 if it would change something.</summary>
    public static Option<bool> DetailedExitCode { get; } = new("--detailed-exit-code")
    {
        Description = "With --dry-run: exit 10 if something would be changed.",
    };

    /// <summary>Which artifacts, by a condition.</summary>
    public static Option<string> Where { get; } = new("--where")
    {
        Description = "Only artifacts that fulfil all conditions, for example 'size>10M && age<7d'. "
            + "Fields: size, age, used, outputs, exit, key (a prefix).",
        HelpName = "CONDITIONS",
    };

    /// <summary>Which artifacts, by their last use.</summary>
    public static Option<string> UsedSince { get; } = new("--used-since")
    {
        Description = "Only artifacts used since then: an age (7d) or a time (2026-11-22T20:31:04Z).",
        HelpName = "AGE|TIME",
    };

    /// <summary>The store's directory.</summary>
    public static Argument<string> Store(string description = "The store's directory.") =>
        new("STORE") { Description = description };

    /// <summary>Adds what every changing verb has.</summary>
    public static Command WithDryRun(this Command command)
    {
        command.Add(DryRun);
        command.Add(DetailedExitCode);
        return command;
    }

    /// <summary>A parser that takes one of some words, or says which there are.</summary>
    public static Func<System.CommandLine.Parsing.ArgumentResult, T?> OneOf<T>(
        string option, params (string Word, T Value)[] words) => argument =>
        {
            string text = argument.Tokens[0].Value;
            foreach ((string word, T value) in words)
            {
                if (word == text)
                {
                    return value;
                }
            }

            string choices = string.Join(", ", words.Select(static w => w.Word));
            return Refuse<T>(argument, $"{option}: '{text}' is none of {choices}.");
        };

    private static T? Refuse<T>(System.CommandLine.Parsing.ArgumentResult argument, string message)
    {
        argument.AddError(message);
        return default;
    }
}
