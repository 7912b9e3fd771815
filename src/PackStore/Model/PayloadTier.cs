namespace PackStore;

/// <summary>Where a payload's bytes live.</summary>
public enum PayloadTier
{
    /// <summary>Inside a segment.</summary>
    Pack = 0,

    /// <summary>In a file of its own under <c>loose/</c>.</summary>
    Loose = 1,

    /// <summary>Still in the caller's file; being persisted in the background.</summary>
    Pending = 2,
}
