using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace PackStore.Tests.Architecture;

/// <summary>
/// The layout tables of FORMAT.md section 3 and the layout classes of the code, and whether they say the same.
/// </summary>
/// <remarks>
/// A table belongs to the structure named in the comment before it, <c>&lt;!-- layout: RecordHeader --&gt;</c>, and has
/// the columns <c>offset | size | field | meaning | valid when</c>. The code's side is the internal static class
/// <c>PackStore.Format.RecordHeaderLayout</c> with a constant <c>Size</c> and for each field constants
/// <c>KeyLengthOffset</c> and <c>KeyLengthSize</c>; the table may write that field <c>key length</c>.
/// </remarks>
internal static partial class FormatDocument
{
    /// <summary>One field: where it is and how long, in bytes. Its name is compared without spaces and case.</summary>
    internal sealed record Field(string Name, long Offset, long Size);

    /// <summary>One structure, as the document or as the code has it; problems kept parts from being read.</summary>
    internal sealed record Layout(string Name, IReadOnlyList<Field> Fields, long? Size, IReadOnlyList<string> Problems);

    private static readonly string[] s_columns = ["offset", "size", "field", "meaning", "valid when"];

    /// <summary>The structures of section 3 of the document.</summary>
    public static IReadOnlyList<Layout> ReadTables(string document)
    {
        List<Layout> layouts = [];
        string? name = null;
        string[] lines = SectionThree(document);
        for (int i = 0; i < lines.Length; i++)
        {
            if (LayoutComment().Match(lines[i]) is { Success: true } comment)
            {
                name = comment.Groups["name"].Value;
            }
            else if (IsHeader(Cells(lines[i])))
            {
                int end = i;
                while (end < lines.Length && lines[end].StartsWith('|'))
                {
                    end++;
                }

                layouts.Add(ReadRows(name, lines[i..end]));
                name = null;
                i = end - 1;
            }
        }

        if (name is not null)
        {
            layouts.Add(new Layout(name, [], null, ["the comment has no table after it"]));
        }

        return layouts;
    }

    /// <summary>A layout class of the code.</summary>
    public static Layout ReadClass(Type type)
    {
        Dictionary<string, long> constants = type
            .GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
            .Where(f => f.IsLiteral && (IsOffset(f.Name) || f.Name.EndsWith("Size", StringComparison.Ordinal)))
            .ToDictionary(f => f.Name, f => Convert.ToInt64(f.GetRawConstantValue(), CultureInfo.InvariantCulture));
        List<Field> fields = [];
        List<string> problems = [];
        foreach ((string constant, long offset) in constants.Where(c => IsOffset(c.Key)))
        {
            string field = constant[..^"Offset".Length];
            if (constants.TryGetValue(field + "Size", out long size))
            {
                fields.Add(new Field(Plain(field), offset, size));
            }
            else
            {
                problems.Add($"{constant} has no {field}Size");
            }
        }

        problems.AddRange(constants.Keys
            .Where(c => c.Length > "Size".Length && c.EndsWith("Size", StringComparison.Ordinal))
            .Select(c => c[..^"Size".Length])
            .Where(field => !constants.ContainsKey(field + "Offset"))
            .Select(field => $"{field}Size has no {field}Offset"));
        if (!constants.TryGetValue("Size", out long total))
        {
            problems.Add("there is no constant Size");
        }

        return new Layout(type.Name[..^"Layout".Length], fields, total, problems);
    }

    /// <summary>The layout classes of an assembly.</summary>
    public static IReadOnlyList<Layout> ReadClasses(Assembly assembly) =>
    [
        .. assembly.GetTypes()
            .Where(t => t is
            {
                IsAbstract: true, IsSealed: true, Namespace: "PackStore.Format" or "PackStore.Format.Pins",
            })
            .Where(t => t.Name.EndsWith("Layout", StringComparison.Ordinal))
            .OrderBy(t => t.Name, StringComparer.Ordinal)
            .Select(ReadClass),
    ];

    /// <summary>Where document and code differ, and where either contradicts itself.</summary>
    public static IEnumerable<string> Compare(IReadOnlyList<Layout> documented, IReadOnlyList<Layout> coded)
    {
        foreach (Layout layout in documented.Concat(coded).Where(l => l.Problems.Count > 0))
        {
            yield return $"{layout.Name}: {string.Join("; ", layout.Problems)}";
        }

        foreach (string name in documented.Concat(coded).Select(l => l.Name).Distinct())
        {
            Layout[] tables = [.. documented.Where(l => l.Name == name)];
            Layout? code = coded.FirstOrDefault(l => l.Name == name);
            if (tables.Length != 1)
            {
                yield return $"{name}: {tables.Length} tables in FORMAT.md, expected 1";
            }
            else if (code is null)
            {
                yield return $"{name}: FORMAT.md has a table, the code has no {name}Layout";
            }
            else
            {
                foreach (string difference in CompareFields(tables[0], code).Concat(Gaps(tables[0], code)))
                {
                    yield return $"{name}: {difference}";
                }
            }
        }
    }

    private static IEnumerable<string> CompareFields(Layout table, Layout code)
    {
        foreach (string field in table.Fields.Concat(code.Fields).Select(f => f.Name).Distinct())
        {
            Field[] rows = [.. table.Fields.Where(f => f.Name == field)];
            Field? constants = code.Fields.FirstOrDefault(f => f.Name == field);
            if (rows.Length != 1)
            {
                yield return $"{field} has {rows.Length} rows in FORMAT.md, expected 1";
            }
            else if (constants is null)
            {
                yield return $"{field} has a row in FORMAT.md and no constants in the code";
            }
            else if (rows[0] != constants)
            {
                yield return $"{field} is at {rows[0].Offset}, {rows[0].Size} bytes in FORMAT.md, " +
                    $"at {constants.Offset}, {constants.Size} bytes in the code";
            }
        }
    }

    // The rows cover the structure from its first byte to its last, in order.
    private static IEnumerable<string> Gaps(Layout table, Layout code)
    {
        // Fields behind a header are numbered from the record's start.
        long start = table.Fields.Count == 0 ? 0 : table.Fields[0].Offset;
        long end = start;
        foreach (Field row in table.Fields)
        {
            if (row.Offset != end)
            {
                yield return $"{row.Name} is at {row.Offset}, the row before it ends at {end}";
            }

            end = row.Offset + row.Size;
        }

        if (code.Size is { } size && end - start != size)
        {
            yield return $"the rows run from {start} to {end}, Size is {size}";
        }
    }

    private static Layout ReadRows(string? name, string[] lines)
    {
        List<Field> fields = [];
        List<string> problems = name is null ? [$"no layout comment before the table: {lines[0]}"] : [];
        foreach (string line in lines.Skip(2))
        {
            string[] cells = Cells(line);
            if (cells.Length == s_columns.Length
                && TryNumber(cells[0], out long offset) && TryNumber(cells[1], out long size))
            {
                fields.Add(new Field(Plain(cells[2]), offset, size));
            }
            else
            {
                problems.Add($"not a row of five cells with a numeric offset and size: {line}");
            }
        }

        return new Layout(name ?? "(unnamed)", fields, null, problems);
    }

    private static string[] SectionThree(string document)
    {
        string[] lines = document.ReplaceLineEndings("\n").Split('\n');
        int start = Array.FindIndex(lines, line => SectionHeading().Match(line).Groups["n"].Value == "3");
        if (start < 0)
        {
            return [];
        }

        int end = Array.FindIndex(lines, start + 1, line => SectionHeading().IsMatch(line));
        return end < 0 ? lines[start..] : lines[start..end];
    }

    private static bool IsOffset(string constant) => constant.EndsWith("Offset", StringComparison.Ordinal);

    private static bool IsHeader(string[] cells) =>
        cells.Length >= 2 && cells.Take(2).SequenceEqual(s_columns.Take(2), StringComparer.OrdinalIgnoreCase);

    private static string[] Cells(string line) =>
        line.StartsWith('|') ? [.. line.Trim().Trim('|').Split('|').Select(cell => cell.Trim())] : [];

    private static bool TryNumber(string cell, out long value) => cell.StartsWith("0x", StringComparison.Ordinal)
        ? long.TryParse(cell.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
        : long.TryParse(cell, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    private static string Plain(string name) => string.Concat(name.Where(char.IsAsciiLetterOrDigit)).ToUpperInvariant();

    [GeneratedRegex(@"^\s*<!--\s*layout:\s*(?<name>\w+)\s*-->")]
    private static partial Regex LayoutComment();

    [GeneratedRegex(@"^##? (?<n>\d+)\b")]
    private static partial Regex SectionHeading();
}
