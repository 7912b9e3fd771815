using System.CommandLine;

namespace PackStore.Tools.Commands;

/// <summary>One verb: how it is written, and what it does.</summary>
internal interface IVerb
{
    /// <summary>Name, arguments and options.</summary>
    Command Command { get; }

    /// <summary>Does it. What happened goes to <see cref="CommandContext.Result"/> and, as text, to
    /// <see cref="CommandContext.Text"/>.</summary>
    Task<ExitCode> RunAsync(CommandContext context, CancellationToken cancellationToken);
}
