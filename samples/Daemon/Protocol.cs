namespace PackStore.Samples.Daemon;

/// <summary>The numbers of the wire; README.md has the drawing. All integers are little-endian, zero is never a
/// kind.</summary>
internal static class Protocol
{
    /// <summary>Length field of a request: a <c>u32</c> that counts the bytes after it.</summary>
    internal const int RequestHeaderLength = 4;

    /// <summary>Length field of a reply: a <c>u64</c> that counts the bytes after it.</summary>
    internal const int ReplyHeaderLength = 8;

    /// <summary>The least an entry of the payload list takes: <c>u16</c> name length and <c>u64</c> length.</summary>
    internal const int MinPayloadEntryLength = 10;
}

/// <summary>What a client asks for.</summary>
internal enum Verb : byte
{
    Get = 1,
    Put = 2,
    Contains = 3,
    Stat = 4,
    Ping = 5,
}

/// <summary>What the daemon answers.</summary>
internal enum Status : byte
{
    Hit = 1,
    Miss = 2,
    Done = 3,
    Stats = 4,
    Error = 255,
}
