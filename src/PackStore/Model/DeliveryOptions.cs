namespace PackStore;

/// <summary>How <see cref="PayloadLease.DeliverTo"/> makes a file of a payload.</summary>
public sealed class DeliveryOptions
{
    /// <summary>How the file gets its bytes.</summary>
    public LinkPolicy Link { get; init; }

    /// <summary>Modification time of the file; <see langword="null"/> leaves it at now. Ignored for a hard
    /// link.</summary>
    public DateTimeOffset? ModifiedAt { get; init; }

    /// <summary>Permission bits; <see langword="null"/> takes those the payload was put with, else 0666 less the umask.
    /// Ignored for a hard link.</summary>
    public UnixFileMode? Mode { get; init; }

    /// <summary>Whether a file that is there already is replaced; otherwise <see cref="IOException"/>. True by
    /// default.</summary>
    public bool Overwrite { get; init; } = true;
}
