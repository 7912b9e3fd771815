using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace PackStore.Tests.Architecture;

/// <summary>Which room of the library may see which: only lower ones, never one of the same layer.</summary>
internal static class LayerRules
{
    private const string Library = "src/PackStore";

    private static readonly string[] s_lowest = ["Model", "Reports", "Errors"];

    // "" is the facade: the files that lie in src/PackStore itself. Leases decode records and hold mappings themselves,
    // so that a hit is not handed through another layer: see docs/decisions/20261123-leases-see-the-format.md.
    private static readonly Dictionary<string, string[]> s_mayUse = new(StringComparer.Ordinal)
    {
        [""] =
            ["Engine", "Compaction", "Migration", "Repair", "Verification", "Segments", "Storage", "Format", "Proof"],
        ["Repair"] = ["Verification", "Engine", "Segments", "Index", "Loose", "Payloads", "Storage", "Format"],
        ["Compaction"] = ["Engine", "Segments", "Index", "Loose", "Payloads", "Storage", "Format", "Proof"],
        ["Migration"] = ["Engine", "Segments", "Index", "Loose", "Payloads", "Storage", "Format"],
        ["Verification"] = ["Engine", "Segments", "Index", "Loose", "Payloads", "Storage", "Format"],
        ["Engine"] = ["Segments", "Index", "Loose", "Payloads", "Storage", "Format", "Proof"],
        ["Segments"] = ["Storage", "Format", "Proof"],
        ["Index"] = ["Storage", "Format", "Proof"],
        ["Loose"] = ["Storage", "Format", "Proof"],
        ["Payloads"] = ["Storage", "Format"],
        ["Storage"] = [],
        ["Format"] = [],
        ["Proof"] = [],
        ["Model"] = [],
        ["Reports"] = [],
        ["Errors"] = [],
    };

    /// <summary>The room a library file lies in; <see langword="null"/> for files of other projects.</summary>
    public static string? RoomOf(SourceFile file)
    {
        if (!file.IsUnder(Library))
        {
            return null;
        }

        string rest = file.Path[(Library.Length + 1)..];
        return rest.Contains('/', StringComparison.Ordinal) ? rest[..rest.IndexOf('/', StringComparison.Ordinal)] : "";
    }

    /// <summary>A room of the library may name only the rooms below it.</summary>
    public static IEnumerable<string> RoomsSeen(SourceFile file)
    {
        if (RoomOf(file) is not { } room)
        {
            yield break;
        }

        if (!s_mayUse.TryGetValue(room, out string[]? allowed))
        {
            yield return file.At(1, $"the folder {room} has no layer: give it one here and in ARCHITECTURE.md");
            yield break;
        }

        foreach ((SyntaxNode place, string seen) in NamedRooms(file))
        {
            if (seen != room && !allowed.Contains(seen))
            {
                yield return file.At(place, $"{(room.Length == 0 ? "the facade" : room)} must not see {seen}");
            }
        }
    }

    /// <summary>What users hold uses the base class library, and the logger interface of the options.</summary>
    public static IEnumerable<string> LowestUsesOnlyTheBase(SourceFile file)
    {
        if (RoomOf(file) is not { } room || !s_lowest.Contains(room))
        {
            yield break;
        }

        foreach (UsingDirectiveSyntax directive in Usings(file))
        {
            string name = NameOf(directive);
            string first = name.Split('.')[0];
            if (first is not ("System" or "PackStore") && name != "Microsoft.Extensions.Logging")
            {
                yield return file.At(directive, $"{room} must not see {name}");
            }
        }
    }

    /// <summary>Nothing below the facade names a type of the facade, which its namespace would let it do.</summary>
    public static IEnumerable<string> FacadeSeenFromBelow(SourceFile file, IReadOnlySet<string> facadeTypes)
    {
        if (RoomOf(file) is not { Length: > 0 } room)
        {
            yield break;
        }

        foreach (IdentifierNameSyntax name in file.Syntax.DescendantNodes().OfType<IdentifierNameSyntax>())
        {
            if (facadeTypes.Contains(name.Identifier.Text))
            {
                yield return file.At(name, $"{room} must not see the facade's {name.Identifier.Text}");
            }
        }
    }

    /// <summary>Tools and samples are ordinary users: they see the public namespace and themselves.</summary>
    public static IEnumerable<string> InternalsSeenFromOutside(SourceFile file)
    {
        if (!file.IsUnder("src/Tools") && !file.IsUnder("samples"))
        {
            yield break;
        }

        foreach ((SyntaxNode place, string seen) in NamedRooms(file))
        {
            yield return file.At(place, $"the public namespace PackStore is all there is to use, not {seen}");
        }
    }

    /// <summary>Names of the types that the facade's own files declare.</summary>
    public static IReadOnlySet<string> FacadeTypes(IEnumerable<SourceFile> files) => files
        .Where(file => RoomOf(file) is "")
        .SelectMany(file => file.Syntax.Members.OfType<BaseNamespaceDeclarationSyntax>())
        .SelectMany(space => space.Members.OfType<BaseTypeDeclarationSyntax>())
        .Select(type => type.Identifier.Text)
        .ToHashSet(StringComparer.Ordinal);

    // A room is named by a using line, by PackStore.Room.Type, or by Room.Type, which sibling namespaces allow.
    private static IEnumerable<(SyntaxNode Place, string Room)> NamedRooms(SourceFile file)
    {
        foreach (UsingDirectiveSyntax directive in Usings(file))
        {
            string[] parts = NameOf(directive).Split('.');
            if (parts is ["PackStore", var room, ..] && s_mayUse.ContainsKey(room))
            {
                yield return (directive, room);
            }
        }

        HashSet<string> declared = [.. file.Syntax.DescendantNodes().SelectMany(DeclaredNames)];
        foreach (SyntaxNode node in file.Syntax.DescendantNodes(n => n is not UsingDirectiveSyntax))
        {
            // The innermost left part of a dotted name: A in A.B.C.
            (SyntaxNode? left, SimpleNameSyntax? right) = node switch
            {
                QualifiedNameSyntax name when !IsNamespaceName(name) => ((SyntaxNode)name.Left, name.Right),
                MemberAccessExpressionSyntax access => (access.Expression, access.Name),
                _ => (null, null),
            };
            if (left is null || right is null)
            {
                continue;
            }

            string leftText = left.ToString();
            if (leftText is "PackStore" or "global::PackStore" && s_mayUse.ContainsKey(right.Identifier.Text))
            {
                yield return (node, right.Identifier.Text);
            }
            else if (leftText.Length > 0 && s_mayUse.ContainsKey(leftText) && !declared.Contains(leftText)
                && char.IsUpper(right.Identifier.Text[0]) && IsInNamespacePackStore(file))
            {
                yield return (node, leftText);
            }
        }
    }

    private static bool IsInNamespacePackStore(SourceFile file) => RoomOf(file) is not null;

    private static bool IsNamespaceName(QualifiedNameSyntax name) =>
        name.AncestorsAndSelf().Any(n => n.Parent is BaseNamespaceDeclarationSyntax space && space.Name == n);

    private static IEnumerable<string> DeclaredNames(SyntaxNode node) => node switch
    {
        PropertyDeclarationSyntax property => [property.Identifier.Text],
        VariableDeclaratorSyntax variable => [variable.Identifier.Text],
        ParameterSyntax parameter => [parameter.Identifier.Text],
        EnumMemberDeclarationSyntax member => [member.Identifier.Text],
        _ => [],
    };

    private static IEnumerable<UsingDirectiveSyntax> Usings(SourceFile file) =>
        file.Syntax.DescendantNodes().OfType<UsingDirectiveSyntax>();

    private static string NameOf(UsingDirectiveSyntax directive) =>
        directive.NamespaceOrType.ToString().Replace("global::", "", StringComparison.Ordinal);
}
