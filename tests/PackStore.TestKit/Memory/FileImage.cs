using System.Runtime.InteropServices;

namespace PackStore.TestKit;

/// <summary>Bytes and length of a file on the medium while pending units are applied to them. Keeps the array it was
/// given
/// unchanged.</summary>
internal sealed class FileImage(byte[] durable, long durableLength)
{
    private byte[] _bytes = durable;
    private bool _isOwned;

    // Zero from the end of the bytes to here.
    private long _length = durableLength;

    /// <summary>Applies a unit of data or length whole.</summary>
    public void Apply(PendingUnit unit)
    {
        if (unit.Kind == PendingKind.Data)
        {
            unit.Bytes.CopyTo(Writable(unit.Offset, unit.Bytes.Length));
        }
        else if (unit.Length >= unit.Offset)
        {
            _length = Math.Max(_length, unit.Length);
        }
        else
        {
            _length = unit.Length;
            CutTo(unit.Length);
        }
    }

    /// <summary>Applies part of a unit of data.</summary>
    public void ApplyTorn(PendingUnit unit, ICrashChooser chooser)
    {
        int partBytes = chooser.PartBytes(unit);
        for (long start = unit.Offset; start < unit.Offset + unit.Bytes.Length;)
        {
            long end = Math.Min((start / partBytes * partBytes) + partBytes, unit.Offset + unit.Bytes.Length);
            TornPart part = chooser.ChoosePart(unit, start);
            if (part != TornPart.Old)
            {
                Span<byte> target = Writable(start, (int)(end - start));
                ReadOnlySpan<byte> source = unit.Bytes.AsSpan((int)(start - unit.Offset), target.Length);
                Fill(target, source, part);
            }

            start = end;
        }
    }

    /// <summary>Applies a word stored through a shared page.</summary>
    public void ApplyWord(int index, ulong value)
    {
        Span<byte> target = Writable((long)index * sizeof(ulong), sizeof(ulong));
        MemoryMarshal.Write(target, in value);
    }

    /// <summary>The result: no bytes beyond the length.</summary>
    public (byte[] Bytes, long Length) Finish()
    {
        CutTo(_length);
        return (_bytes, _length);
    }

    private static void Fill(Span<byte> target, ReadOnlySpan<byte> source, TornPart part)
    {
        if (part == TornPart.New)
        {
            source.CopyTo(target);
            return;
        }

        if (part == TornPart.Zero)
        {
            target.Clear();
            return;
        }

        // Garbage that is the same in every run and differs from what was to be written.
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = (byte)(source[i] ^ 0xA5 ^ i);
        }
    }

    private Span<byte> Writable(long offset, int count)
    {
        int end = checked((int)(offset + count));
        if (!_isOwned || end > _bytes.Length)
        {
            byte[] grown = new byte[Math.Max(end, _bytes.Length)];
            _bytes.CopyTo(grown, 0);
            _bytes = grown;
            _isOwned = true;
        }

        return _bytes.AsSpan((int)offset, count);
    }

    private void CutTo(long length)
    {
        if (_bytes.Length > length)
        {
            _bytes = _bytes[..(int)length];
            _isOwned = true;
        }
    }
}
