namespace PackStore.Fuzz;

/// <summary>What a run over one target saw.</summary>
/// <param name="Cases">Inputs tried.</param>
/// <param name="Accepted">Those of which the parser took something.</param>
/// <param name="Failure">The first failure, or null.</param>
public sealed record FuzzSummary(long Cases, long Accepted, FuzzFailure? Failure)
{
    /// <summary>Inputs refused.</summary>
    public long Refused => Cases - Accepted;
}
