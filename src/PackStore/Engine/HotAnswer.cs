namespace PackStore.Engine;

/// <summary>What the short way of a lookup found out.</summary>
internal enum HotAnswer
{
    /// <summary>The long way has to be gone.</summary>
    Unknown,

    /// <summary>The artifact is here, checked and resident.</summary>
    Hit,

    /// <summary>The index has nothing of that tag.</summary>
    Miss,
}
