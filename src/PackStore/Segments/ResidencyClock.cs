namespace PackStore.Segments;

/// <summary>
/// The current residency epoch of a store: a chunk of a segment that was populated in an earlier one is populated again
/// before
/// it is touched. Advanced when memory is short, for then the kernel may have taken pages back.
/// </summary>
internal sealed class ResidencyClock
{
    private int _epoch = 1;

    /// <summary>1 to 255; 0 is never current, so a fresh stamp is stale.</summary>
    public byte Current => (byte)Volatile.Read(ref _epoch);

    /// <summary>Makes every stamp stale. A stamp of 255 epochs ago would count as current again: pages taken back since
    /// cost a fault, no more.</summary>
    public void Advance() => Volatile.Write(ref _epoch, (_epoch % 255) + 1);
}
