using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace PackStore;

/// <summary>Every choice made when a store is opened. Checked and copied by <see cref="ArtifactStore.Open"/>.</summary>
public sealed class PackStoreOptions
{
    /// <summary>The smallest segment size, in bytes.</summary>
    public const long MinSegmentSizeBytes = 4096;

    /// <summary>The greatest segment size, in bytes: 1 GiB, so that a record always fits one span.</summary>
    public const long MaxSegmentSizeBytes = 1L << 30;

    /// <summary>Size of new segments in bytes, 4 KiB to 1 GiB, a multiple of 4096; <see langword="null"/> takes what
    /// the
    /// store was created with (256 MiB by default).</summary>
    public long? SegmentSizeBytes { get; init; }

    /// <summary>Payloads of at least this many bytes go to the loose tier. 4 MiB by default; 1 KiB to 1 GiB.</summary>
    public long LooseThresholdBytes { get; init; } = 4L << 20;

    /// <summary>What a completed put has survived.</summary>
    public Durability Durability { get; init; }

    /// <summary>At <see cref="Durability.OnFlush"/>, how often unsynced data is flushed in the background. 5 s by
    /// default; <see cref="Timeout.InfiniteTimeSpan"/> turns it off.</summary>
    public TimeSpan FlushInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>When payload checksums are verified on a hit.</summary>
    public ChecksumPolicy Checksums { get; init; }

    /// <summary>Whether <see cref="ArtifactStore.Open"/> may create a store in an absent or empty directory. True by
    /// default.</summary>
    public bool CreateIfMissing { get; init; } = true;

    /// <summary>Where logs go; none by default.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>Where metrics go (meter <c>PackStore</c>); none by default.</summary>
    public IMeterFactory? MeterFactory { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
