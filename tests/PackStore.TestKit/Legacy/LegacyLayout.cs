namespace PackStore.TestKit;

/// <summary>Where a legacy cache keeps an artifact's payloads.</summary>
internal enum LegacyLayout
{
    /// <summary>Nowhere: the row is all there is.</summary>
    RowOnly,

    /// <summary>A file an output.</summary>
    Flat,

    /// <summary>One <c>.pack</c>.</summary>
    Pack,

    /// <summary>A staged generation with digests.</summary>
    Staged,

    /// <summary>A <c>.meta</c> of shape A, and no row.</summary>
    MetaA,

    /// <summary>A <c>.meta</c> of shape B, and no row.</summary>
    MetaB,
}
