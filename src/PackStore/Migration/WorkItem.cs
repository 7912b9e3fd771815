namespace PackStore.Migration;

/// <summary>One entry to be worked on: a row of <c>index.bin</c>, a row of <c>index.redb</c>, or a
/// <c>.meta</c>.</summary>
/// <param name="Row">Number of the row; -1 for others.</param>
/// <param name="Key">The key of others.</param>
/// <param name="Value">The row of <c>index.redb</c>.</param>
internal readonly record struct WorkItem(int Row, string? Key = null, ReadOnlyMemory<byte>? Value = null);
