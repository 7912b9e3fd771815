namespace PackStore.Tools.Output;

/// <summary>Where a long run stands.</summary>
/// <param name="DoneBytes">Bytes behind it.</param>
/// <param name="TotalBytes">Bytes in all, as far as known; 0 if nothing is known.</param>
/// <param name="Items">Artifacts, records or files behind it.</param>
/// <param name="Findings">What went wrong so far.</param>
internal readonly record struct ProgressPoint(long DoneBytes, long TotalBytes, long Items, long Findings);
