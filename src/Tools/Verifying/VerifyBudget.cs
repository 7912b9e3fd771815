namespace PackStore.Tools.Verifying;

/// <summary>How much one run may read, and for how long; null for no bound.</summary>
internal readonly record struct VerifyBudget(long? MaxBytes, TimeSpan? MaxTime);
