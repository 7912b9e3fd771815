using System.Globalization;

namespace PackStore.Bench.Report;

/// <summary>Arguments of a command that come in pairs, a name and a value.</summary>
internal sealed class CommandArguments
{
    private readonly Dictionary<string, string> _given = [];

    private CommandArguments()
    {
    }

    /// <summary>Reads them; null, with the usage on standard error, if one has no value or is not known.</summary>
    public static CommandArguments? Parse(ReadOnlySpan<string> arguments, string usage, params string[] names)
    {
        CommandArguments parsed = new();
        for (int i = 0; i + 1 < arguments.Length; i += 2)
        {
            parsed._given[arguments[i]] = arguments[i + 1];
        }

        if (arguments.Length % 2 == 0 && !parsed._given.Keys.Except(names).Any())
        {
            return parsed;
        }

        Console.Error.WriteLine(usage);
        return null;
    }

    /// <summary>A text; null if it was not given.</summary>
    public string? Text(string name) => _given.GetValueOrDefault(name);

    /// <summary>A number.</summary>
    public double Number(string name, double otherwise) =>
        Text(name) is { } text ? double.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    /// <summary>Makes a directory of this process's own, below <c>--dir</c> or where temporary files go.</summary>
    public string CreateDirectory(string name) => Directory.CreateDirectory(
        Path.Combine(Text("--dir") ?? Path.GetTempPath(), $"packstore-{name}-{Environment.ProcessId}")).FullName;
}
