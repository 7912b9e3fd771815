namespace PackStore;

/// <summary>How a delivered file got its bytes.</summary>
public enum DeliveryMethod
{
    /// <summary>Copied by the kernel or through memory.</summary>
    Copy = 0,

    /// <summary>Blocks shared copy-on-write.</summary>
    Reflink = 1,

    /// <summary>The inode is shared with the loose tier.</summary>
    HardLink = 2,
}
