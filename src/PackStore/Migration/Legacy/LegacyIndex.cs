using System.Collections;

namespace PackStore.Migration.Legacy;

/// <summary>An <c>index.bin</c> that was checked to the last byte; rows are decoded each time they are asked
/// for.</summary>
/// <remarks>Keeps the file's bytes. Safe to read from any thread.</remarks>
internal sealed class LegacyIndex : IReadOnlyList<LegacyRow>
{
    private readonly ReadOnlyMemory<byte> _file;
    private readonly int[] _offsets;

    public LegacyIndex(ReadOnlyMemory<byte> file, LegacyIndexShape shape, int[] offsets)
    {
        _file = file;
        _offsets = offsets;
        Shape = shape;
    }

    /// <summary>The shape of all rows; R3 if there are none.</summary>
    public LegacyIndexShape Shape { get; }

    /// <summary>In the order of the file, which means nothing. A key that is there twice: the last one
    /// counts.</summary>
    public IReadOnlyList<LegacyRow> Rows => this;

    public int Count => _offsets.Length;

    public LegacyRow this[int index]
    {
        get
        {
            ReadOnlyMemory<byte> rest = _file[_offsets[index]..];
            BincodeCursor cursor = new(rest.Span);
            cursor.TryReadText(out string key);
            return LegacyRowReader.Read(ref cursor, rest, key, Shape);
        }
    }

    /// <summary>The bytes of a row's key, without decoding anything.</summary>
    public ReadOnlySpan<byte> KeyUtf8(int index)
    {
        BincodeCursor cursor = new(_file.Span[_offsets[index]..]);
        cursor.TryReadTextBytes(out ReadOnlySpan<byte> utf8);
        return utf8;
    }

    public IEnumerator<LegacyRow> GetEnumerator()
    {
        for (int i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
