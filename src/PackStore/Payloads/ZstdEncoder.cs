using ZstdSharp;

namespace PackStore.Payloads;

/// <summary>Compresses a payload into one frame; null where that saves less than an eighth. The result is not believed
/// by who writes it: it is decoded again first.</summary>
internal delegate byte[]? PayloadEncoder(ReadOnlySpan<byte> raw);

/// <summary>Compresses payloads at one level. For one thread.</summary>
internal sealed class ZstdEncoder(int level) : IDisposable
{
    /// <summary>The least and the greatest level that can be asked for.</summary>
    public const int MinLevel = 1;

    /// <summary>See <see cref="MinLevel"/>. Beyond it zstd needs windows that readers may refuse.</summary>
    public const int MaxLevel = 19;

    private readonly Compressor _compressor = new(level);

    /// <inheritdoc cref="PayloadEncoder"/>
    public byte[]? TryEncode(ReadOnlySpan<byte> raw) => PayloadCodec.TryCompress(_compressor, raw);

    /// <inheritdoc/>
    public void Dispose() => _compressor.Dispose();
}
