using PackStore.Storage;

namespace PackStore.TestKit;

/// <summary>
/// Writes down what is done to a directory, one line an operation, so that the order of writes, syncs and renames can
/// be reviewed
/// as text.
/// </summary>
/// <remarks>Reads, maps and questions are left out unless asked for: they change nothing.</remarks>
internal sealed class RecordingDirectory(IStoreDirectory inner, bool includeReads = false) : ObservedDirectory(inner)
{
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];

    /// <summary>Called with each line after its operation is done, for instance to take an image of the disk there.
    /// Operations may come from several threads; calls do not overlap.</summary>
    public Action<string>? OnOperation { get; init; }

    /// <summary>The lines so far.</summary>
    public IReadOnlyList<string> Transcript
    {
        get
        {
            lock (_gate)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>Forgets the lines so far.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _lines.Clear();
        }
    }

    /// <inheritdoc/>
    public override void Before(StoreOperation operation, string name)
    {
    }

    /// <inheritdoc/>
    public override void After(StoreOperation operation, string name, string line)
    {
        bool isRead = operation is StoreOperation.Open or StoreOperation.List or StoreOperation.Stat
            or StoreOperation.Read
            or StoreOperation.Map or StoreOperation.MapPage or StoreOperation.MapIntoTable or StoreOperation.OpenForeign
            or StoreOperation.AdoptMode;
        if (isRead && !includeReads)
        {
            return;
        }

        lock (_gate)
        {
            _lines.Add(line);
            OnOperation?.Invoke(line);
        }
    }
}
