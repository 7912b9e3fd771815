using System.CommandLine;
using System.CommandLine.Help;
using PackStore.Tools.Commands;

namespace PackStore.Tools;

/// <summary>The whole command line: every verb and the options around them.</summary>
internal sealed class CommandTree
{
    private static readonly ParserConfiguration s_configuration = new() { ResponseFileTokenReplacer = null };

    private readonly IVerb[] _verbs =
    [
        new InitCommand(), new PutCommand(), new GetCommand(), new ShowCommand(), new ListCommand(),
            new RemoveCommand(),
        new StatCommand(), new VerifyCommand(), new RepairCommand(), new CompactCommand(), new ImportCommand(),
        new ExportCommand(),
    ];

    private CommandTree()
    {
        Root = new Command("packtool", "Looks after PackStore stores of build artifacts.\n\n" + ExitCodeHelp)
        {
            new HelpOption("--help", "-h") { Recursive = true },
            Version,
            CommonOptions.Json,
            CommonOptions.Progress,
            CommonOptions.Quiet,
        };
        foreach (IVerb verb in _verbs)
        {
            Root.Add(verb.Command);
        }
    }

    /// <summary>The one tree; its symbols are never changed after it was built.</summary>
    public static CommandTree Instance { get; } = new();

    /// <summary>The command that has the verbs.</summary>
    public Command Root { get; }

    /// <summary>Prints the version.</summary>
    public Option<bool> Version { get; } = new("--version") { Description = "Print the version." };

    private static string ExitCodeHelp =>
        "Exit codes: 0 ok, 1 failed, 2 usage, 3 damage, 4 repaired, 5 warnings, 6 notfound, 7 locked, 8 format,\n"
        + "9 nospace, 10 wouldchange, 11 readonly, 130 interrupted.";

    /// <summary>Reads a command line. <c>@x</c> is an argument like any other.</summary>
    public ParseResult Parse(string[] arguments) => Root.Parse(arguments, s_configuration);

    /// <summary>The verb that was asked for, if one was.</summary>
    public IVerb? VerbOf(ParseResult parse) => Array.Find(_verbs, v => v.Command == parse.CommandResult.Command);

    /// <summary>What is wrong with a command line without a known verb.</summary>
    public string DescribeMissingVerb(ParseResult parse)
    {
        string names = string.Join(' ', _verbs.Select(static v => v.Command.Name));
        if (parse.UnmatchedTokens is not [string word, ..])
        {
            return $"say what to do: packtool VERB STORE ...; verbs: {names}";
        }

        string shown = Values.Printable.Escape(word);
        return VerbSuggestion.For(word, [.. _verbs.Select(static v => v.Command.Name)]) is { } right
            ? $"'{shown}' is not a verb; did you mean '{right}'? Verbs: {names}"
            : $"'{shown}' is not a verb; verbs: {names}";
    }
}
