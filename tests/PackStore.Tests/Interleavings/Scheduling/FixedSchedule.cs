using System.Globalization;

namespace PackStore.Tests.Interleavings.Scheduling;

/// <summary>Who starts, and the preemptions: at which step, to whom. Written as <c>0,17&gt;2,40&gt;1</c>.</summary>
internal sealed record FixedSchedule(int First, IReadOnlyList<(int Step, int To)> Preemptions)
{
    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    public static FixedSchedule Parse(string text)
    {
        string[] parts = text.Split(',');
        return new FixedSchedule(Number(parts[0]), [.. parts[1..].Select(static p =>
        {
            string[] two = p.Split('>');
            return (Number(two[0]), Number(two[1]));
        })]);
    }

    /// <summary>This schedule and one more preemption.</summary>
    public FixedSchedule With(int step, int to) => this with { Preemptions = [.. Preemptions, (step, to)] };

    /// <inheritdoc/>
    public override string ToString() => string.Join(',', new[] { First.ToString(CultureInfo.InvariantCulture) }.Concat(
        Preemptions.Select(static p => string.Create(CultureInfo.InvariantCulture, $"{p.Step}>{p.To}"))));

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
