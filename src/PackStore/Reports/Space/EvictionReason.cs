namespace PackStore;

/// <summary>Why an artifact is evicted.</summary>
public enum EvictionReason
{
    /// <summary>It was not used for longer than the greatest age.</summary>
    Age = 0,

    /// <summary>It is among the least recently used, and the live bytes are above their cap.</summary>
    Space = 1,

    /// <summary>It is among the least recently used, and the disk has less free space than it must have.</summary>
    FreeSpace = 2,
}
