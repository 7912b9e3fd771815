using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace PackStore.Format.Pins;

/// <summary>Offsets and sizes of the front of PINS.</summary>
internal static class PinFileLayout
{
    public const int MagicOffset = 0;
    public const int MagicSize = 8;
    public const int VersionOffset = 8;
    public const int VersionSize = 4;
    public const int CountOffset = 12;
    public const int CountSize = 4;
    public const int StoreIdOffset = 16;
    public const int StoreIdSize = 16;
    public const int ReservedOffset = 32;
    public const int ReservedSize = 24;
    public const int ChecksumOffset = 56;
    public const int ChecksumSize = 8;
    public const int Size = 64;
}

/// <summary>Offsets and sizes of the front of one pin in PINS; key and owner follow.</summary>
internal static class PinEntryLayout
{
    public const int ExpiryOffset = 0;
    public const int ExpirySize = 8;
    public const int KeyLengthOffset = 8;
    public const int KeyLengthSize = 1;
    public const int OwnerLengthOffset = 9;
    public const int OwnerLengthSize = 1;
    public const int Size = 10;
}

/// <summary>One pin as it stands in PINS.</summary>
/// <param name="Key">What must not be evicted.</param>
/// <param name="Owner">Who says so: 1 to 255 bytes of UTF-8.</param>
/// <param name="ExpiryUnixMs">From when on it does not count, milliseconds since 1970;
/// <see cref="long.MaxValue"/> for never.</param>
internal readonly record struct PinEntry(ArtifactKey Key, string Owner, long ExpiryUnixMs);

/// <summary>The whole of PINS: which artifacts must not be evicted, for whom, until when. Replaced as a
/// whole.</summary>
internal static class PinFile
{
    /// <summary>"PKPINS01" as bytes.</summary>
    public const ulong Magic = 0x3130_534E_4950_4B50;

    /// <summary>The longest owner in UTF-8 bytes.</summary>
    public const int MaxOwnerBytes = byte.MaxValue;

    /// <summary>The greatest number of pins; bounds the file at less than 512 MiB.</summary>
    public const int MaxPins = 1 << 20;

    /// <summary>The longest file.</summary>
    public const long MaxBytes =
        PinFileLayout.Size + ((long)MaxPins * (PinEntryLayout.Size + ArtifactKey.MaxLength + MaxOwnerBytes));

    /// <summary>The whole file.</summary>
    public static byte[] Encode(Guid storeId, IReadOnlyCollection<PinEntry> pins)
    {
        int length = PinFileLayout.Size + pins.Sum(static p =>
            PinEntryLayout.Size + p.Key.Length + Encoding.UTF8.GetByteCount(p.Owner));
        byte[] bytes = new byte[length];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(PinFileLayout.VersionOffset), FormatVersion.Current);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(PinFileLayout.CountOffset), pins.Count);
        storeId.TryWriteBytes(bytes.AsSpan(PinFileLayout.StoreIdOffset));
        Span<byte> d = bytes.AsSpan(PinFileLayout.Size);
        foreach (PinEntry pin in pins)
        {
            BinaryPrimitives.WriteInt64LittleEndian(d[PinEntryLayout.ExpiryOffset..], pin.ExpiryUnixMs);
            d[PinEntryLayout.KeyLengthOffset] = (byte)pin.Key.Length;
            pin.Key.Bytes.CopyTo(d[PinEntryLayout.Size..]);
            int owner = Encoding.UTF8.GetBytes(pin.Owner, d[(PinEntryLayout.Size + pin.Key.Length)..]);
            d[PinEntryLayout.OwnerLengthOffset] = (byte)owner;
            d = d[(PinEntryLayout.Size + pin.Key.Length + owner)..];
        }

        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(PinFileLayout.ChecksumOffset), ChecksumOf(bytes));
        return bytes;
    }

    /// <summary>Reads a whole file of a store; false with what was wrong.</summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> s, Guid storeId, [NotNullWhen(true)] out List<PinEntry>? pins, out string problem)
    {
        pins = null;
        problem = $"{s.Length} bytes, no pins";
        if (s.Length < PinFileLayout.Size || BinaryPrimitives.ReadUInt64LittleEndian(s) != Magic)
        {
            return false;
        }

        uint version = BinaryPrimitives.ReadUInt32LittleEndian(s[PinFileLayout.VersionOffset..]);
        ulong found = BinaryPrimitives.ReadUInt64LittleEndian(s[PinFileLayout.ChecksumOffset..]);
        ulong expected = ChecksumOf(s);
        Guid store = new(s.Slice(PinFileLayout.StoreIdOffset, PinFileLayout.StoreIdSize));
        problem = $"version {version}, store {store}, checksum {found:x16}, expected {expected:x16}";
        return version == FormatVersion.Current && store == storeId && found == expected
            && TryDecodeEntries(s, out pins, out problem);
    }

    private static bool TryDecodeEntries(
        ReadOnlySpan<byte> s, [NotNullWhen(true)] out List<PinEntry>? pins, out string problem)
    {
        int count = BinaryPrimitives.ReadInt32LittleEndian(s[PinFileLayout.CountOffset..]);
        ReadOnlySpan<byte> rest = s[PinFileLayout.Size..];
        pins = null;
        problem = $"{count} pins in {rest.Length} bytes";
        // Before anything is allocated: each takes this much at least.
        if (count is < 0 or > MaxPins || (long)count * (PinEntryLayout.Size + 2) > rest.Length)
        {
            return false;
        }

        List<PinEntry> found = new(count);
        for (int i = 0; i < count; i++)
        {
            if (rest.Length < PinEntryLayout.Size)
            {
                return false;
            }

            int key = rest[PinEntryLayout.KeyLengthOffset];
            int owner = rest[PinEntryLayout.OwnerLengthOffset];
            int end = PinEntryLayout.Size + key + owner;
            if (key is < 1 or > ArtifactKey.MaxLength || owner == 0 || rest.Length < end)
            {
                return false;
            }

            found.Add(new PinEntry(
                ArtifactKey.FromBytes(rest.Slice(PinEntryLayout.Size, key)),
                Encoding.UTF8.GetString(rest.Slice(PinEntryLayout.Size + key, owner)),
                BinaryPrimitives.ReadInt64LittleEndian(rest[PinEntryLayout.ExpiryOffset..])));
            rest = rest[end..];
        }

        pins = found;
        return rest.IsEmpty;
    }

    /// <summary>Everything but the checksum field itself.</summary>
    private static ulong ChecksumOf(ReadOnlySpan<byte> s)
    {
        System.IO.Hashing.XxHash3 hash = new();
        hash.Append(s[..PinFileLayout.ChecksumOffset]);
        hash.Append(s[PinFileLayout.Size..]);
        return hash.GetCurrentHashAsUInt64();
    }
}
