using System.Globalization;

namespace PackStore.Tests.Crash;

/// <summary>How a state came about.</summary>
internal enum CrashKind
{
    /// <summary>A power cut.</summary>
    Cut,

    /// <summary>The death of the process.</summary>
    Kill,

    /// <summary>Either, during the recovery from either.</summary>
    InRecovery,

    /// <summary>Either, during the recovery from the one before.</summary>
    InSecondRecovery,
}

/// <summary>Counts states: those tried, and those of them that were like no other and therefore judged.</summary>
internal sealed class CrashTally
{
    private static readonly CrashKind[] s_kinds = Enum.GetValues<CrashKind>();
    private readonly long[] _tried = new long[s_kinds.Length];
    private readonly long[] _judged = new long[s_kinds.Length];

    /// <summary>All that were tried.</summary>
    public long Tried => _tried.Sum();

    /// <summary>All that were judged.</summary>
    public long Judged => _judged.Sum();

    /// <summary>Counts one.</summary>
    public void Count(CrashKind kind, bool isNew)
    {
        Interlocked.Increment(ref _tried[(int)kind]);
        if (isNew)
        {
            Interlocked.Increment(ref _judged[(int)kind]);
        }
    }

    /// <summary>Takes another's counts in.</summary>
    public void Add(CrashTally other)
    {
        for (int i = 0; i < s_kinds.Length; i++)
        {
            Interlocked.Add(ref _tried[i], other._tried[i]);
            Interlocked.Add(ref _judged[i], other._judged[i]);
        }
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        IEnumerable<string> parts = s_kinds.Select(k =>
            string.Create(CultureInfo.InvariantCulture, $"{k} {_tried[(int)k]} ({_judged[(int)k]})"));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Tried} states tried, {Judged} distinct and judged: {string.Join(", ", parts)}");
    }
}
