namespace PackStore.Fuzz;

/// <summary>An input of which a property does not hold.</summary>
/// <param name="Iteration">Which case of the run; -1 for a seed or a corpus file.</param>
/// <param name="Input">The bytes.</param>
/// <param name="Cause">What was thrown.</param>
public sealed record FuzzFailure(long Iteration, ReadOnlyMemory<byte> Input, Exception Cause);
