using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace PackStore.Migration.Legacy;

/// <summary>
/// Reads bincode 1.x front to back: little-endian integers of fixed width, u64 lengths and counts. What does not fit is
/// refused before anything is allocated or added up, and noted in <see cref="Problem"/>; a cursor is not used after
/// that.
/// </summary>
internal ref struct BincodeCursor(ReadOnlySpan<byte> data)
{
    private readonly ReadOnlySpan<byte> _data = data;

    /// <summary>Bytes read so far.</summary>
    public int Position { get; private set; }

    /// <summary>What was wrong with the first thing that could not be read.</summary>
    public LegacyProblem Problem { get; private set; }

    private readonly int Remaining => _data.Length - Position;

    /// <summary>Reads 4 bytes.</summary>
    public bool TryReadUInt32(out uint value)
    {
        value = 0;
        return TrySkip(sizeof(uint), out int at)
            && BinaryPrimitives.TryReadUInt32LittleEndian(_data[at..], out value);
    }

    /// <summary>Reads 4 bytes, two's complement.</summary>
    public bool TryReadInt32(out int value)
    {
        bool isRead = TryReadUInt32(out uint bits);
        value = (int)bits;
        return isRead;
    }

    /// <summary>Reads 8 bytes.</summary>
    public bool TryReadUInt64(out ulong value)
    {
        value = 0;
        return TrySkip(sizeof(ulong), out int at)
            && BinaryPrimitives.TryReadUInt64LittleEndian(_data[at..], out value);
    }

    /// <summary>Reads a count of items of which each takes at least so many bytes: no more than can be there.</summary>
    public bool TryReadCount(int leastItemBytes, out int count)
    {
        count = 0;
        if (!TryReadUInt64(out ulong stored))
        {
            return false;
        }

        if (stored > (uint)(Remaining / leastItemBytes))
        {
            return Refuse(LegacyProblem.Truncated);
        }

        count = (int)stored;
        return true;
    }

    /// <summary>Reads a length and steps over so many bytes; where they lie.</summary>
    public bool TryReadBytes(out Range bytes)
    {
        bytes = default;
        if (!TryReadCount(1, out int length))
        {
            return false;
        }

        bytes = Position..(Position + length);
        Position += length;
        return true;
    }

    /// <summary>As <see cref="TryReadBytes"/>, and they are UTF-8.</summary>
    public bool TryReadTextBytes(out ReadOnlySpan<byte> utf8)
    {
        utf8 = default;
        if (!TryReadBytes(out Range bytes))
        {
            return false;
        }

        utf8 = _data[bytes];
        return Utf8.IsValid(utf8) || Refuse(LegacyProblem.BadText);
    }

    /// <summary>Reads a string.</summary>
    public bool TryReadText(out string text)
    {
        bool isRead = TryReadTextBytes(out ReadOnlySpan<byte> utf8);
        text = isRead ? Encoding.UTF8.GetString(utf8) : "";
        return isRead;
    }

    /// <summary>Steps over items of a fixed width that a count goes before.</summary>
    public bool TrySkipItems(int itemBytes, out int count)
    {
        bool fits = TryReadCount(itemBytes, out count);
        Position += fits ? count * itemBytes : 0;
        return fits;
    }

    /// <summary>Steps over so many bytes; where they began.</summary>
    public bool TrySkip(int length, out int at)
    {
        at = Position;
        if (length > Remaining)
        {
            return Refuse(LegacyProblem.Truncated);
        }

        Position += length;
        return true;
    }

    /// <summary>Nothing is left.</summary>
    public bool TryEnd() => Remaining == 0 || Refuse(LegacyProblem.TrailingBytes);

    /// <summary>Notes what a caller found wrong; always false.</summary>
    public bool Refuse(LegacyProblem problem)
    {
        Problem = Problem == LegacyProblem.None ? problem : Problem;
        return false;
    }
}
