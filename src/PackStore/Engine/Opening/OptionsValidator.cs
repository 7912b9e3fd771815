namespace PackStore.Engine.Opening;

/// <summary>Checks options once, at open.</summary>
internal static class OptionsValidator
{
    private const long MinLooseBytes = 1 << 10;

    /// <summary>Returns the options, or the defaults.</summary>
    /// <exception cref="ArgumentException">One is out of range.</exception>
    public static PackStoreOptions Check(PackStoreOptions? options)
    {
        options ??= new PackStoreOptions();
        if (options.SegmentSizeBytes is { } size
            && (size is < PackStoreOptions.MinSegmentSizeBytes or > PackStoreOptions.MaxSegmentSizeBytes
                || size % 4096 != 0))
        {
            throw new ArgumentOutOfRangeException(
                nameof(options), size, "SegmentSizeBytes is a multiple of 4096 from 4 KiB to 1 GiB.");
        }

        if (options.LooseThresholdBytes is < MinLooseBytes or > PackStoreOptions.MaxSegmentSizeBytes)
        {
            throw new ArgumentOutOfRangeException(
                nameof(options), options.LooseThresholdBytes, "LooseThresholdBytes is from 1 KiB to 1 GiB.");
        }

        if (options.FlushInterval <= TimeSpan.Zero && options.FlushInterval != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.FlushInterval,
                "FlushInterval is positive or infinite.");
        }

        if (!Enum.IsDefined(options.Durability) || !Enum.IsDefined(options.Checksums))
        {
            throw new ArgumentOutOfRangeException(nameof(options),
                "Durability and Checksums are one of their named values.");
        }

        ArgumentNullException.ThrowIfNull(options.TimeProvider, nameof(options));
        return options;
    }
}
