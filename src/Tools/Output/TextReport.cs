using Spectre.Console;

namespace PackStore.Tools.Output;

/// <summary>Results for people: aligned lines and tables, coloured on a terminal, plain and unboxed anywhere
/// else.</summary>
internal sealed class TextReport
{
    private readonly TextWriter _writer;
    private readonly IAnsiConsole? _terminal;

    public TextReport(ToolConsole console)
    {
        _writer = console.Out;
        if (console.OutIsTerminal)
        {
            _terminal = AnsiConsole.Create(new AnsiConsoleSettings
            {
                Ansi = AnsiSupport.Yes,
                ColorSystem = console.UseColors ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
                Interactive = InteractionSupport.No,
                Out = new AnsiConsoleOutput(_writer),
            });
        }
    }

    /// <summary>An empty line.</summary>
    public void Blank() => _writer.WriteLine();

    /// <summary>One line.</summary>
    public void Line(string text, Tone tone = Tone.Plain)
    {
        if (_terminal is null || tone == Tone.Plain)
        {
            _writer.WriteLine(text);
            return;
        }

        _terminal.Write(new Text(text, StyleOf(tone)) { Overflow = Overflow.Ellipsis });
        _writer.WriteLine();
    }

    /// <summary>A labelled value; the labels of a report line up.</summary>
    public void Field(string label, string value, Tone tone = Tone.Plain)
    {
        if (_terminal is null)
        {
            _writer.WriteLine($"{label,-11} {value}");
            return;
        }

        _terminal.Write(new Text($"{label,-11} ", StyleOf(Tone.Dim)));
        _terminal.Write(new Text(value, StyleOf(tone)));
        _writer.WriteLine();
    }

    /// <summary>A table. A column whose name starts with <c>&gt;</c> is aligned right.</summary>
    public void Table(IReadOnlyList<string> columns, IReadOnlyList<string[]> rows)
    {
        if (_terminal is null)
        {
            PlainTable(columns, rows);
            return;
        }

        Table table = new Table().NoBorder();
        foreach (string column in columns)
        {
            TableColumn header = new(new Text(column.TrimStart('>'), StyleOf(Tone.Dim))) { NoWrap = true };
            table.AddColumn(column.StartsWith('>') ? header.RightAligned() : header);
        }

        foreach (string[] row in rows)
        {
            table.AddRow(row.Select(static cell => new Text(cell)));
        }

        _terminal.Write(table);
    }

    private void PlainTable(IReadOnlyList<string> columns, IReadOnlyList<string[]> rows)
    {
        int[] widths =
            [.. columns.Select((c, i) => rows.Select(r => r[i].Length).Append(c.TrimStart('>').Length).Max())];
        WriteRow([.. columns.Select(static c => c.TrimStart('>'))]);
        foreach (string[] row in rows)
        {
            WriteRow(row);
        }

        void WriteRow(string[] cells)
        {
            string line = string.Join(
                "  ",
                cells.Select((c, i) => columns[i].StartsWith('>') ? c.PadLeft(widths[i]) : c.PadRight(widths[i])));
            _writer.WriteLine("  " + line.TrimEnd());
        }
    }

    private static Style StyleOf(Tone tone) => tone switch
    {
        Tone.Title => new Style(decoration: Decoration.Bold),
        Tone.Dim => new Style(Color.Grey),
        Tone.Good => new Style(Color.Green),
        Tone.Warning => new Style(Color.Yellow),
        Tone.Bad => new Style(Color.Red, decoration: Decoration.Bold),
        _ => Style.Plain,
    };
}
