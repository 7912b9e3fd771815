namespace PackStore.Segments;

/// <summary>Bytes that are there were refused just now. Whoever went on without them would take an older record for the
/// newest, or say of a whole index that it lacks nothing.</summary>
internal sealed class UnreadableException(string message) : PackStoreException(message);
