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

    /// <summary>The most bytes that artifacts may have: records with their padding, and loose files. A put that would
    /// go beyond evicts first, or is refused; no limit by default. It bounds live bytes, not the disk's.</summary>
    public long? MaxBytes { get; init; }

    /// <summary>What was not used for longer than this is evicted by maintenance, counted in whole hours; never by
    /// default.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>Free space on the disk that puts leave alone, in bytes; 0 by default.</summary>
    public long MinFreeBytes { get; init; }

    /// <summary>Whether a put that finds no room evicts the least recently used artifacts. True by default; if false it
    /// is refused with <see cref="StoreFullException"/>.</summary>
    public bool EvictWhenFull { get; init; } = true;

    /// <summary>Share of <see cref="MaxBytes"/> from which on maintenance evicts, so that puts need not. 0.95 by
    /// default.</summary>
    public double HighWatermark { get; init; } = 0.95;

    /// <summary>Share of <see cref="MaxBytes"/> down to which an eviction goes, so that the next one is not due at
    /// once. 0.9 by default.</summary>
    public double LowWatermark { get; init; } = 0.9;

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
