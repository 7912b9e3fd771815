using System.Text;
using PackStore.Tools;
using PackStore.Tools.Values;

namespace PackStore.Fuzz.Targets;

/// <summary>What people type: keys, sizes, ages, shares and times. Any text is a value or a usage error.</summary>
internal sealed class ValuesTarget : IFuzzTarget
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 26, 0, 0, 0, TimeSpan.Zero);

    private static readonly string[] s_texts =
    [
        "00ff", "4096", "1.5GiB", "10MB", "64K", "30m", "7d", "2w", "0.5%", "100", "2026-11-22T20:31:04Z",
        "2026-11-22", "9223372036854775807", "79228162514264337593543950335P", "\U0001F4E6", "",
    ];

    public string Name => "values";

    public IReadOnlyList<byte[]> Seeds() =>
    [
        .. s_texts.Select(Encoding.UTF8.GetBytes),
    ];

    public bool Run(ReadOnlySpan<byte> input)
    {
        string text = Encoding.UTF8.GetString(input);
        bool accepted = false;
        if (ArtifactKey.TryParse(text, out ArtifactKey key))
        {
            accepted = true;
            FuzzFailureException.Require(
                string.Equals(key.ToString(), text, StringComparison.OrdinalIgnoreCase), "a key is printed as it came");
        }

        if (SizeText.TryParse(text, out long bytes))
        {
            accepted = true;
            FuzzFailureException.Require(bytes >= 0, "a size is not negative");
            FuzzFailureException.Require(SizeText.Format(bytes).Length > 0, "a size has a text");
        }

        if (AgeText.TryParse(text, out TimeSpan age))
        {
            accepted = true;
            FuzzFailureException.Require(age >= TimeSpan.Zero && AgeText.Format(age).Length > 0, "an age has a text");
        }

        accepted |= IsValue(() => PercentText.Parse(text, "--sample") is > 0 and <= 1);
        accepted |= IsValue(() => TimeText.ParseAgeOrTime(text, s_now, "--used-since") <= DateTimeOffset.MaxValue);
        FuzzFailureException.Require(!Printable.Escape(text).Any(char.IsControl), "what is printed has no controls");
        return accepted;
    }

    public void Repair(Span<byte> input)
    {
        // Most bytes are no digits: bring them near.
        for (int i = 0; i < input.Length; i++)
        {
            input[i] = input[i] is >= 0x20 and < 0x7F ? input[i] : (byte)('0' + (input[i] % 10));
        }
    }

    private static bool IsValue(Func<bool> parse)
    {
        try
        {
            FuzzFailureException.Require(parse(), "a value is within its range");
            return true;
        }
        catch (ToolException e) when (e.Code == ExitCode.Usage)
        {
            return false;
        }
    }
}
