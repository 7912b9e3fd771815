using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace PackStore.Tests.Architecture;

/// <summary>The house rules that one file can break by itself; CONTRIBUTING.md lists them.</summary>
internal static partial class TidyRules
{
    public const int SourceLines = 400;
    public const int OtherLines = 600;
    public const int MethodLines = 60;
    public const int Columns = 120;
    public const int FilesPerFolder = 20;

    // packtool asks statx what kind of file a name is before it opens it: the runtime does not tell a pipe from a file.
    private static readonly string[] s_mayBeUnsafe =
        ["src/PackStore/Storage", "src/Tools/Files/FileFacts.cs", "tests/PackStore.TestKit", "bench"];

    private static readonly string[] s_clockTypes = ["DateTime", "DateTimeOffset"];
    private static readonly string[] s_clockMembers = ["Now", "UtcNow", "Today"];

    /// <summary>A file is one idea; one that outgrows the limit holds two.</summary>
    public static IEnumerable<string> FileLength(SourceFile file)
    {
        int limit = file.IsUnder("src") ? SourceLines : OtherLines;
        if (file.Lines.Count > limit)
        {
            yield return file.At(limit + 1, $"{file.Lines.Count} lines, at most {limit}");
        }
    }

    /// <summary>A method is read in one look: signature to closing brace.</summary>
    public static IEnumerable<string> MethodLength(SourceFile file)
    {
        foreach (SyntaxNode member in file.Syntax.DescendantNodes())
        {
            SyntaxToken start = member switch
            {
                BaseMethodDeclarationSyntax method => FirstTokenAfter(method.AttributeLists, method),
                AccessorDeclarationSyntax accessor => accessor.Keyword,
                LocalFunctionStatementSyntax local => local.GetFirstToken(),
                PropertyDeclarationSyntax { ExpressionBody: { } body } => body.GetFirstToken(),
                _ => default,
            };
            if (start == default)
            {
                continue;
            }

            int first = start.GetLocation().GetLineSpan().StartLinePosition.Line;
            int lines = member.GetLocation().GetLineSpan().EndLinePosition.Line - first + 1;
            if (lines > MethodLines)
            {
                yield return file.At(first + 1, $"a method of {lines} lines, at most {MethodLines}");
            }
        }
    }

    public static IEnumerable<string> LineWidth(SourceFile file)
    {
        for (int i = 0; i < file.Lines.Count; i++)
        {
            if (file.Lines[i].Length > Columns)
            {
                yield return file.At(i + 1, $"{file.Lines[i].Length} columns, at most {Columns}");
            }
        }
    }

    /// <summary>A folder is a room: what does not fit is another room.</summary>
    public static IEnumerable<string> FolderSize(IEnumerable<SourceFile> files) => files
        .GroupBy(file => file.Folder)
        .Where(folder => folder.Count() > FilesPerFolder)
        .Select(folder => $"{folder.Key}: {folder.Count()} source files, at most {FilesPerFolder}");

    /// <summary>One public type a file, and the file bears its name.</summary>
    public static IEnumerable<string> PublicTypePerFile(SourceFile file)
    {
        // A part of a type that has several files is named Type.Part.cs.
        string stem = Path.GetFileNameWithoutExtension(file.Path).Split('.')[0];
        MemberDeclarationSyntax[] types =
            [.. TopLevelTypes(file).Where(t => t.Modifiers.Any(SyntaxKind.PublicKeyword))];
        foreach (MemberDeclarationSyntax extra in types.Skip(1))
        {
            yield return file.At(extra, $"a second public type, {NameOf(extra)}: give it a file");
        }

        if (types.Length > 0 && NameOf(types[0]) != stem)
        {
            yield return file.At(types[0], $"the public type {NameOf(types[0])} wants the file {NameOf(types[0])}.cs");
        }
    }

    /// <summary>Pointers and system calls live in Storage; above it there are spans.</summary>
    public static IEnumerable<string> UnsafeOutsideStorage(SourceFile file)
    {
        if (s_mayBeUnsafe.Any(place => file.Path == place || file.IsUnder(place)))
        {
            yield break;
        }

        foreach (SyntaxToken token in file.Syntax.DescendantTokens().Where(t => t.IsKind(SyntaxKind.UnsafeKeyword)))
        {
            yield return file.At(token, "unsafe outside Storage");
        }

        foreach (AttributeSyntax attribute in file.Syntax.DescendantNodes().OfType<AttributeSyntax>())
        {
            string name = attribute.Name.ToString().Split('.')[^1];
            if (name is "DllImport" or "LibraryImport" or "DllImportAttribute" or "LibraryImportAttribute")
            {
                yield return file.At(attribute, $"{name} outside Storage");
            }
        }
    }

    /// <summary>Time comes from a TimeProvider, so that tests own it.</summary>
    public static IEnumerable<string> WallClock(SourceFile file)
    {
        foreach (MemberAccessExpressionSyntax access in Accesses(file))
        {
            string type = access.Expression.ToString().Split('.')[^1];
            string member = access.Name.Identifier.Text;
            if (s_clockTypes.Contains(type) && s_clockMembers.Contains(member))
            {
                yield return file.At(access, $"{type}.{member}: take the time from a TimeProvider");
            }
        }
    }

    /// <summary>Background work of the library is started in one place, the facade's MaintenanceLoop.</summary>
    public static IEnumerable<string> BackgroundTasks(SourceFile file)
    {
        if (!file.IsUnder("src/PackStore") || file.Path == "src/PackStore/MaintenanceLoop.cs")
        {
            yield break;
        }

        foreach (MemberAccessExpressionSyntax access in Accesses(file))
        {
            string text = access.ToString();
            if (text is "Task.Run" or "Task.Factory.StartNew"
                || text.EndsWith(".Tasks.Task.Run", StringComparison.Ordinal)
                || text.EndsWith(".Tasks.Task.Factory.StartNew", StringComparison.Ordinal))
            {
                yield return file.At(access, $"{text} outside MaintenanceLoop");
            }
        }
    }

    /// <summary>A note about work to come names where that work is tracked.</summary>
    public static IEnumerable<string> UnlinkedNotes(SourceFile file)
    {
        IEnumerable<SyntaxTrivia> comments = file.Syntax.DescendantTrivia(descendIntoTrivia: false).Where(t =>
            t.IsKind(SyntaxKind.SingleLineCommentTrivia) || t.IsKind(SyntaxKind.MultiLineCommentTrivia)
            || t.IsKind(SyntaxKind.SingleLineDocumentationCommentTrivia));
        foreach (SyntaxTrivia comment in comments)
        {
            if (Note().IsMatch(comment.ToFullString()) && !Link().IsMatch(comment.ToFullString()))
            {
                int line = comment.GetLocation().GetLineSpan().StartLinePosition.Line + 1;
                yield return file.At(line, $"{Note().Match(comment.ToFullString()).Value} without a link");
            }
        }
    }

    /// <summary>Namespaces equal folders, except that what users see has no sub-namespace.</summary>
    public static IEnumerable<string> NamespaceIsFolder(SourceFile file)
    {
        foreach (BaseNamespaceDeclarationSyntax space in
            file.Syntax.DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>())
        {
            string expected = ExpectedNamespace(file.Folder);
            if (space.Name.ToString() != expected)
            {
                yield return file.At(space, $"namespace {space.Name}, expected {expected}");
            }
        }
    }

    /// <summary>Source is ASCII; tests may spell the names they try.</summary>
    public static IEnumerable<string> AsciiSource(SourceFile file)
    {
        if (file.IsUnder("tests") || file.IsUnder("fuzz"))
        {
            yield break;
        }

        for (int i = 0; i < file.Lines.Count; i++)
        {
            int column = file.Lines[i].AsSpan().IndexOfAnyExceptInRange('\0', '\x7f');
            if (column >= 0)
            {
                yield return file.At(i + 1, $"U+{(int)file.Lines[i][column]:X4} in column {column + 1}");
            }
        }
    }

    /// <summary>Nothing in the repository knows the machine it was written on.</summary>
    public static IEnumerable<string> MachinePaths(SourceFile file)
    {
        for (int i = 0; i < file.Lines.Count; i++)
        {
            if (MachinePath().Match(file.Lines[i]) is { Success: true } match)
            {
                yield return file.At(i + 1, $"a path of one machine: {match.Value}");
            }
        }
    }

    /// <summary>Decision records sort by date: YYYYMMDD-name.md, beside the README that says what they are.</summary>
    public static IEnumerable<string> DecisionNames(string path)
    {
        const string Folder = "docs/decisions/";
        if (!path.StartsWith(Folder, StringComparison.Ordinal) || path == Folder + "README.md")
        {
            yield break;
        }

        Match match = DecisionName().Match(path[Folder.Length..]);
        bool dated = match.Success && DateOnly.TryParseExact(
            match.Groups["date"].ValueSpan, "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _);
        if (!dated)
        {
            yield return $"{path}: expected YYYYMMDD-name.md";
        }
    }

    /// <summary>Lock files name packages and hashes, not where they came from.</summary>
    public static IEnumerable<string> LockFileSources(SourceFile file)
    {
        if (Path.GetFileName(file.Path) != "packages.lock.json")
        {
            yield break;
        }

        for (int i = 0; i < file.Lines.Count; i++)
        {
            string line = file.Lines[i];
            if (line.Contains("://", StringComparison.Ordinal) || line.Contains(":\\", StringComparison.Ordinal))
            {
                yield return file.At(i + 1, "a lock file that names a source");
            }
        }
    }

    private static string ExpectedNamespace(string folder)
    {
        string dotted = folder.Replace('/', '.');
        foreach ((string from, string to) in new[]
        {
            ("src.PackStore.Reports.Space", "PackStore"),
            ("src.PackStore.Model", "PackStore"), ("src.PackStore.Reports", "PackStore"),
            ("src.PackStore.Errors", "PackStore"), ("src.PackStore", "PackStore"), ("src.Tools", "PackStore.Tools"),
            ("tests.PackStore.TestKit.Legacy", "PackStore.TestKit"),
            ("tests.PackStore.TestKit.Memory", "PackStore.TestKit"),
            ("tests.PackStore.TestKit.Storage", "PackStore.TestKit"),
            ("tests.Daemon.Tests", "PackStore.Samples.Daemon.Tests"),
            ("tests.Tools.Tests", "PackStore.Tools.Tests"), ("tests.", ""), ("fuzz.", ""), ("bench.", ""),
            ("samples.", "PackStore.Samples."),
        })
        {
            if (dotted.StartsWith(from, StringComparison.Ordinal))
            {
                return to + dotted[from.Length..];
            }
        }

        return dotted;
    }

    private static IEnumerable<MemberDeclarationSyntax> TopLevelTypes(SourceFile file) => file.Syntax.Members
        .Concat(file.Syntax.Members.OfType<BaseNamespaceDeclarationSyntax>().SelectMany(space => space.Members))
        .Where(m => m is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax);

    private static string NameOf(MemberDeclarationSyntax type) => type switch
    {
        BaseTypeDeclarationSyntax t => t.Identifier.Text,
        DelegateDeclarationSyntax d => d.Identifier.Text,
        _ => "",
    };

    private static SyntaxToken FirstTokenAfter(SyntaxList<AttributeListSyntax> attributes, SyntaxNode member) =>
        attributes.Count == 0 ? member.GetFirstToken() : attributes[^1].GetLastToken().GetNextToken();

    private static IEnumerable<MemberAccessExpressionSyntax> Accesses(SourceFile file) =>
        file.Syntax.DescendantNodes().OfType<MemberAccessExpressionSyntax>();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b")]
    private static partial Regex Note();

    [GeneratedRegex(@"https?://|#\d+")]
    private static partial Regex Link();

    // In pieces, so that this line does not find itself.
    [GeneratedRegex(@"(?<![\w./-])/" + "(work|root)" + @"/[\w.-]*|(?<![\w./-])/" + @"home/\w+/")]
    private static partial Regex MachinePath();

    [GeneratedRegex(@"^(?<date>\d{8})-[a-z0-9]+(-[a-z0-9]+)*\.md$")]
    private static partial Regex DecisionName();
}
