using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace PackStore.Tests.Architecture;

/// <summary>One file under a house rule: its path in the repository, its text, and for C# its syntax.</summary>
internal sealed class SourceFile(string path, string text)
{
    // The project builds with the newest language; a parser a little older reads that as preview.
    private static readonly CSharpParseOptions s_options = new(LanguageVersion.Preview);

    private readonly Lazy<CompilationUnitSyntax> _syntax =
        new(() => CSharpSyntaxTree.ParseText(text, s_options).GetCompilationUnitRoot());

    /// <summary>Relative to the root, with forward slashes.</summary>
    public string Path { get; } = path;

    public string Text { get; } = text;

    public CompilationUnitSyntax Syntax => _syntax.Value;

    /// <summary>The folder, without a slash at its end; empty for the root.</summary>
    public string Folder => Path.Contains('/', StringComparison.Ordinal) ? Path[..Path.LastIndexOf('/')] : "";

    /// <summary>The lines, without their ends; a line end at the end of the text does not begin another.</summary>
    public IReadOnlyList<string> Lines { get; } = SplitLines(text);

    public bool IsUnder(string folder) => Path.StartsWith(folder + "/", StringComparison.Ordinal);

    /// <summary>A finding about a place in this file, in the form editors can follow.</summary>
    public string At(int line, string message) => $"{Path}({line}): {message}";

    public string At(SyntaxNode place, string message) => At(place.SpanStart, message, place.SyntaxTree);

    public string At(SyntaxToken place, string message) => At(place.SpanStart, message, Syntax.SyntaxTree);

    private string At(int position, string message, SyntaxTree tree) =>
        At(tree.GetText().Lines.IndexOf(position) + 1, message);

    private static string[] SplitLines(string text)
    {
        string[] lines = text.ReplaceLineEndings("\n").Split('\n');
        return lines[^1].Length == 0 ? lines[..^1] : lines;
    }
}
