namespace PackStore.Migration.Sources;

/// <summary>Names in a legacy cache, and how names are made of keys. Keys are hexadecimal before they come
/// here.</summary>
internal static class LegacyNames
{
    public const string Artifacts = "artifacts";
    public const string Index = "index.bin";
    public const string Database = "index.redb";
    public const string Snapshot = "snapshot.json";
    public const string WriterLock = ".writer.lock";
    public const string Staged = ".staged-v2";
    public const string StoreLock = ".store.lock";
    public const string PublishLock = ".publish.lock";
    public const string Manifest = "manifest.bin";
    public const string MetaSuffix = ".meta";
    public const string PackSuffix = ".pack";
    public const string PointerSuffix = ".current";

    /// <summary>Below a root, where staged generations are.</summary>
    public const string StagedPath = $"{Artifacts}/{Staged}";

    /// <summary>File of one flat output.</summary>
    public static string Flat(string key, int index) => string.Create(
        System.Globalization.CultureInfo.InvariantCulture, $"{key}_{index}");

    /// <summary>File of one staged output, in its generation.</summary>
    public static string Output(int index) => string.Create(
        System.Globalization.CultureInfo.InvariantCulture, $"output-{index}");

    /// <summary>Writes a key and what follows it as UTF-8; how many bytes.</summary>
    public static int Write(Span<byte> destination, string key, ReadOnlySpan<byte> suffix)
    {
        int length = System.Text.Encoding.UTF8.GetBytes(key, destination);
        suffix.CopyTo(destination[length..]);
        return length + suffix.Length;
    }

    /// <summary>Writes the name of one flat output as UTF-8; how many bytes.</summary>
    public static int WriteFlat(Span<byte> destination, string key, int index)
    {
        int length = Write(destination, key, "_"u8);
        index.TryFormat(destination[length..], out int digits, default,
            System.Globalization.CultureInfo.InvariantCulture);
        return length + digits;
    }
}
