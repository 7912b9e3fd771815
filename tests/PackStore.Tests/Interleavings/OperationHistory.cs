namespace PackStore.Tests.Interleavings;

/// <summary>What an operation does to its key.</summary>
internal enum KeyAction
{
    Put,
    Remove,
    Get,
}

/// <summary>One operation on one key, from call to return. <c>Value</c> is the version put or got (0: not there), or,
/// of a removal, 1 if the key was there.</summary>
internal sealed record KeyOperation(int Thread, int Key, KeyAction Action, int Value, long Start, long End)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Thread}: {Action} {Key} = {Value} [{Start}, {End}]";
}

/// <summary>What happened in a run, with the order of calls and returns.</summary>
internal sealed class OperationHistory
{
    // Protects the list: after a schedule has failed its threads run at once.
    private readonly Lock _lock = new();
    private readonly List<KeyOperation> _operations = [];
    private long _now;

    /// <summary>A moment later than all before.</summary>
    public long Now() => Interlocked.Increment(ref _now);

    /// <summary>Adds an operation that returns now.</summary>
    public void Add(int thread, int key, KeyAction action, int value, long start)
    {
        KeyOperation operation = new(thread, key, action, value, start, Now());
        lock (_lock)
        {
            _operations.Add(operation);
        }
    }

    /// <summary>All operations that a view has: those of all writers, and of the readers it names.</summary>
    public IReadOnlyList<KeyOperation> Of(Func<int, bool> isReader)
    {
        lock (_lock)
        {
            return [.. _operations.Where(o => o.Action != KeyAction.Get || isReader(o.Thread))];
        }
    }
}
