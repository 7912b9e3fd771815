using System.IO.Hashing;
using PackStore.Storage.Foreign;

namespace PackStore.Migration.Sources;

/// <summary>
/// Names of a large directory, or keys, by their hashes: eight to sixteen bytes each instead of the text. A collision
/// says of a name that it is there when it is not: whoever opens it then finds out.
/// </summary>
/// <remarks>Read by any thread once it is filled.</remarks>
internal sealed class NameSet
{
    private const ulong KindMask = 3;

    // Upper 62 bits of the hash, and the kind plus one, so that 0 is an empty slot.
    private ulong[] _slots = new ulong[64];

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a name; false if it is there.</summary>
    public bool Add(ReadOnlySpan<byte> name, ForeignKind kind = ForeignKind.File)
    {
        if ((Count + 1) * 4L > _slots.Length * 3L)
        {
            Grow();
        }

        ulong word = Word(name, kind);
        ref ulong slot = ref Find(_slots, word);
        if (slot != 0)
        {
            return false;
        }

        slot = word;
        Count++;
        return true;
    }

    /// <summary>Whether a name is there.</summary>
    public bool Contains(ReadOnlySpan<byte> name) => Find(_slots, Word(name, ForeignKind.File)) != 0;

    /// <summary>What a name is; <see cref="ForeignStatus.Absent"/>, or the wrong kind, if it is no file.</summary>
    public ForeignStatus FindFile(ReadOnlySpan<byte> name)
    {
        ulong slot = Find(_slots, Word(name, ForeignKind.File));
        return slot == 0 ? ForeignStatus.Absent
            : (ForeignKind)((slot & KindMask) - 1) == ForeignKind.File ? ForeignStatus.Ok
            : ForeignStatus.WrongKind;
    }

    private static ulong Word(ReadOnlySpan<byte> name, ForeignKind kind) =>
        (XxHash3.HashToUInt64(name) & ~KindMask) | ((ulong)kind + 1);

    private static ref ulong Find(ulong[] slots, ulong word)
    {
        int mask = slots.Length - 1;
        int at = (int)(word >> 32) & mask;
        while (slots[at] != 0 && ((slots[at] ^ word) & ~KindMask) != 0)
        {
            at = (at + 1) & mask;
        }

        return ref slots[at];
    }

    private void Grow()
    {
        ulong[] next = new ulong[checked(_slots.Length * 2)];
        foreach (ulong word in _slots)
        {
            if (word != 0)
            {
                Find(next, word) = word;
            }
        }

        _slots = next;
    }
}
