namespace PackStore.TestKit;

/// <summary>Which operation fails, and how. Immutable but for its count, so that a plan serves once.</summary>
internal sealed class FaultPlan
{
    private int _matched;

    /// <summary>Which operations count; all by default.</summary>
    public Func<StoreOperation, string, bool> Matches { get; init; } = static (_, _) => true;

    /// <summary>The number, from 1, of the counted operation that fails.</summary>
    public int At { get; init; } = 1;

    /// <summary>Whether all counted operations after it fail too.</summary>
    public bool IsLasting { get; init; }

    /// <summary>The errno that the failure carries.</summary>
    public required int Errno { get; init; }

    /// <summary>Whether a failing write first writes half of its bytes.</summary>
    public bool IsShortWrite { get; init; }

    /// <summary>How many operations counted so far.</summary>
    public int Matched => Volatile.Read(ref _matched);

    /// <summary>Whether the fault has happened.</summary>
    public bool HasStruck => Matched >= At;

    /// <summary>Counts an operation and says whether it fails.</summary>
    public bool Strikes(StoreOperation operation, string name)
    {
        if (!Matches(operation, name))
        {
            return false;
        }

        int number = Interlocked.Increment(ref _matched);
        return number == At || (IsLasting && number > At);
    }
}
