namespace PackStore.Compaction;

/// <summary>A segment cannot be read now, or what lives in it cannot be copied: it stays as it is, and the job goes
/// on.</summary>
internal sealed class VictimUnreadableException(string file, Exception cause)
    : Exception($"{file}: {cause.Message}", cause);
