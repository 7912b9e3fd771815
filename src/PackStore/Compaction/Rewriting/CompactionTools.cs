using PackStore.Engine;
using PackStore.Payloads;

namespace PackStore.Compaction.Rewriting;

/// <summary>What one compaction rewrites payloads with.</summary>
internal sealed class CompactionTools : IDisposable
{
    private readonly ZstdEncoder? _zstd;

    /// <summary>Makes what the options ask for.</summary>
    /// <param name="core">The store.</param>
    /// <param name="options">The options.</param>
    /// <param name="makeEncoder">Makes another encoder than zstd for a level; null for zstd.</param>
    public CompactionTools(StoreCore core, CompactionOptions options, Func<int, PayloadEncoder>? makeEncoder)
    {
        Policy = RewritePolicy.Of(core, options);
        if (options.RecompressLevel is { } level && Policy.Compresses)
        {
            _zstd = makeEncoder is null ? new ZstdEncoder(level) : null;
            Encoder = makeEncoder is null ? _zstd!.TryEncode : makeEncoder(level);
        }
    }

    /// <summary>Refuses options that make no sense.</summary>
    public static void Check(CompactionOptions options)
    {
        if (options.RecompressLevel is < ZstdEncoder.MinLevel or > ZstdEncoder.MaxLevel)
        {
            throw new ArgumentOutOfRangeException(
                nameof(options), options.RecompressLevel,
                $"RecompressLevel has to be from {ZstdEncoder.MinLevel} to {ZstdEncoder.MaxLevel}.");
        }

        if (options.RecompressUnusedFor < TimeSpan.Zero)
        {
            throw new ArgumentOutOfRangeException(
                nameof(options), options.RecompressUnusedFor, "RecompressUnusedFor must not be negative.");
        }
    }

    /// <summary>Which payloads.</summary>
    public RewritePolicy Policy { get; }

    /// <summary>What compresses them; null if nothing is compressed.</summary>
    public PayloadEncoder? Encoder { get; }

    /// <inheritdoc/>
    public void Dispose() => _zstd?.Dispose();
}
