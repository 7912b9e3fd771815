namespace PackStore.Migration.Legacy.Redb;

/// <summary>Something of a database that could not be read; the rows below it are not returned.</summary>
/// <param name="Page">The page number as stored; 0 if it is not about one page.</param>
/// <param name="Problem">What is wrong.</param>
internal readonly record struct RedbLoss(ulong Page, LegacyProblem Problem);
