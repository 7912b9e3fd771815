using System.Text;

namespace PackStore.Tools.Output;

/// <summary>Where a run writes: bytes and text to standard output, text to standard error, and whether people look at
/// them.</summary>
internal sealed class ToolConsole : IAsyncDisposable
{
    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false);

    public ToolConsole(Stream standardOutput, TextWriter standardError)
    {
        StandardOutput = standardOutput;
        Out = new StreamWriter(standardOutput, s_utf8, 16 << 10, leaveOpen: true) { NewLine = "\n" };
        Error = standardError;
    }

    /// <summary>Standard output as bytes. Flush <see cref="Out"/> before writing here.</summary>
    public Stream StandardOutput { get; }

    /// <summary>Standard output as text, buffered until the end of the run.</summary>
    public TextWriter Out { get; }

    /// <summary>Standard error.</summary>
    public TextWriter Error { get; }

    /// <summary>Whether standard output is a terminal.</summary>
    public bool OutIsTerminal { get; init; }

    /// <summary>Whether standard error is a terminal.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>Whether colours are wanted where a terminal could show them.</summary>
    public bool UseColors { get; init; }

    /// <summary>Whether failures come with their stack.</summary>
    public bool Debug { get; init; }

    /// <summary>The process's own console. <c>NO_COLOR</c> and <c>TERM=dumb</c> turn colours off.</summary>
    public static ToolConsole ForProcess()
    {
        bool dumb = Environment.GetEnvironmentVariable("TERM") == "dumb";
        return new ToolConsole(Console.OpenStandardOutput(), Console.Error)
        {
            OutIsTerminal = !Console.IsOutputRedirected && !dumb,
            ErrorIsTerminal = !Console.IsErrorRedirected && !dumb,
            UseColors = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")),
            Debug = Environment.GetEnvironmentVariable("PACKTOOL_DEBUG") == "1",
        };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Out.DisposeAsync();
        await StandardOutput.FlushAsync();
        await Error.FlushAsync();
    }
}
