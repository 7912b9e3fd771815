namespace PackStore.Migration;

/// <summary>When a legacy entry was stored or last used: the old program uses one field for both.</summary>
/// <param name="UnixMs">What is recorded, milliseconds since 1970.</param>
/// <param name="OrderUnixMs">What may decide against another version; see
/// <see cref="Engine.Importing.ImportedArtifact.OrderUnixMs"/>.</param>
internal readonly record struct EntryTime(long UnixMs, long OrderUnixMs)
{
    /// <summary>A time in seconds; one in the future becomes now, and then beats nothing: else it would win anew in
    /// each run.</summary>
    public static EntryTime FromSeconds(ulong seconds, long nowUnixMs) => seconds > (ulong)nowUnixMs / 1000
        ? new EntryTime(nowUnixMs, long.MinValue)
        : FromMilliseconds((long)seconds * 1000, nowUnixMs);

    /// <summary>The same for a time in milliseconds.</summary>
    public static EntryTime FromMilliseconds(long unixMs, long nowUnixMs) => unixMs > nowUnixMs
        ? new EntryTime(nowUnixMs, long.MinValue)
        : new EntryTime(Math.Max(unixMs, 0), Math.Max(unixMs, 0));
}
