using System.CommandLine;
using System.CommandLine.Help;
using PackStore.Tools.Commands;
using PackStore.Tools.Output;
using PackStore.Tools.Values;

namespace PackStore.Tools;

/// <summary>One run of the tool, from its arguments to its exit code. Nothing here touches the process.</summary>
internal static class PackTool
{
    /// <summary>Runs with plain streams, as in a pipe.</summary>
    public static async Task<int> RunAsync(
        string[] arguments, Stream standardOutput, TextWriter standardError, CancellationToken cancellationToken)
    {
        await using ToolConsole console = new(standardOutput, standardError);
        return await RunAsync(arguments, console, cancellationToken);
    }

    /// <summary>Runs on a console.</summary>
    public static async Task<int> RunAsync(string[] arguments, ToolConsole console, CancellationToken cancellationToken)
    {
        CommandTree tree = CommandTree.Instance;
        ParseResult parse = tree.Parse(arguments);
        if (parse.Action is HelpAction)
        {
            return await parse.InvokeAsync(
                new InvocationConfiguration { Output = console.Out, Error = console.Error }, cancellationToken);
        }

        if (CommandContext.IsSet(parse, tree.Version))
        {
            console.Out.WriteLine($"packtool {typeof(PackTool).Assembly.GetName().Version?.ToString(3)}");
            return (int)ExitCode.Ok;
        }

        return (int)await RunVerbAsync(tree, parse, console, cancellationToken);
    }

    private static async Task<ExitCode> RunVerbAsync(
        CommandTree tree, ParseResult parse, ToolConsole console, CancellationToken cancellationToken)
    {
        IVerb? verb = tree.VerbOf(parse);
        CommandContext context = new(parse, console);
        Exception? failure = null;
        ExitCode code;
        try
        {
            code = await RunCheckedAsync(tree, verb, parse, context, cancellationToken);
        }
        // The edge of the program: whatever went wrong becomes a message and an exit code here, and nowhere else.
        catch (Exception e)
        {
            failure = e;
            code = FailureMapping.CodeOf(e);
            Complain(context, e, code, verb);
        }

        if (context.Json && verb is not ListCommand)
        {
            JsonReport.Write(console.StandardOutput, verb?.Command.Name, context.Result, failure, code);
        }

        return code;
    }

    private static Task<ExitCode> RunCheckedAsync(
        CommandTree tree, IVerb? verb, ParseResult parse, CommandContext context, CancellationToken cancellationToken)
    {
        if (verb is null)
        {
            throw ToolException.Usage(tree.DescribeMissingVerb(parse));
        }

        if (parse.Errors is [{ } error, ..])
        {
            throw ToolException.Usage(error.Message);
        }

        return verb.RunAsync(context, cancellationToken);
    }

    private static void Complain(CommandContext context, Exception failure, ExitCode code, IVerb? verb)
    {
        context.Console.Out.Flush();
        TextWriter error = context.Console.Error;
        error.WriteLine($"packtool: {Printable.Escape(FailureMapping.MessageOf(failure))}");
        if (context.Console.Debug)
        {
            error.WriteLine(failure);
        }

        if (code == ExitCode.Usage)
        {
            error.WriteLine(verb is null ? "Try 'packtool --help'." : $"Try 'packtool {verb.Command.Name} --help'.");
        }
    }
}
