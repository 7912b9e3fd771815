namespace PackStore;

/// <summary>What became of a legacy entry.</summary>
public enum MigrationResult
{
    /// <summary>It is in the store, or in a dry run would be.</summary>
    Imported = 0,

    /// <summary>The store had it already.</summary>
    Duplicate = 1,

    /// <summary>It was left out.</summary>
    Skipped = 2,
}
