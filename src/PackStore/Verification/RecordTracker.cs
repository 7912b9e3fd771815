using System.Runtime.InteropServices;
using PackStore.Format;

namespace PackStore.Verification;

/// <summary>Knows, of each key, the newest record and whether that is damaged: only then an artifact is lost.</summary>
/// <remarks>Keys are told apart by their 64-bit hash, which is seeded by the store; 32 bytes a key.</remarks>
internal sealed class RecordTracker
{
    private readonly Dictionary<ulong, Newest> _newest = [];
    private readonly Dictionary<ulong, long> _damagedBytes = [];

    /// <summary>Notes a record.</summary>
    /// <param name="hash">Hash of its key.</param>
    /// <param name="sequence">Its sequence number.</param>
    /// <param name="kind">Artifact or tombstone.</param>
    /// <param name="payloads">Number of outputs.</param>
    /// <param name="damagedBytes">Bytes of its payloads if it is damaged, else -1.</param>
    public void Note(ulong hash, ulong sequence, RecordKind kind, int payloads, long damagedBytes)
    {
        ref Newest known = ref CollectionsMarshal.GetValueRefOrAddDefault(_newest, hash, out bool exists);
        bool isDamaged = damagedBytes >= 0;
        if (exists && (sequence < known.Sequence || (sequence == known.Sequence && isDamaged)))
        {
            // Of two copies, as compaction makes them, a sound one is enough.
            return;
        }

        known = new Newest(sequence, payloads, kind, isDamaged);
        if (isDamaged)
        {
            _damagedBytes[hash] = damagedBytes;
        }
    }

    /// <summary>Whether a record is the newest of its key.</summary>
    public bool IsNewest(ulong hash, ulong sequence) =>
        _newest.TryGetValue(hash, out Newest known) && known.Sequence == sequence && known.Kind == RecordKind.Artifact;

    /// <summary>Marks a record as damaged after all, because of its loose files.</summary>
    public void MarkDamaged(ulong hash, ulong sequence, long bytes)
    {
        ref Newest known = ref CollectionsMarshal.GetValueRefOrNullRef(_newest, hash);
        if (!System.Runtime.CompilerServices.Unsafe.IsNullRef(ref known) && known.Sequence == sequence)
        {
            known = known with { IsDamaged = true };
            _damagedBytes[hash] = bytes;
        }
    }

    /// <summary>Counts the artifacts that are lost, and those that are not.</summary>
    public void Count(out LossCount lost, out LossCount intact)
    {
        lost = default;
        intact = default;
        foreach ((ulong hash, Newest newest) in _newest)
        {
            if (newest.Kind != RecordKind.Artifact)
            {
                continue;
            }

            if (newest.IsDamaged)
            {
                lost = lost.Plus(newest.Payloads, _damagedBytes[hash]);
            }
            else
            {
                intact = intact.Plus(newest.Payloads, 0);
            }
        }
    }

    private readonly record struct Newest(ulong Sequence, int Payloads, RecordKind Kind, bool IsDamaged);
}
