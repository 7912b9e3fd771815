namespace PackStore.Migration.Legacy;

/// <summary>Why a legacy file, row or entry is not read. The names are stable: reports are made of them.</summary>
internal enum LegacyProblem
{
    /// <summary>Nothing is wrong.</summary>
    None,

    /// <summary>A length or a count reaches beyond the end of the bytes; an empty file as well.</summary>
    Truncated,

    /// <summary>Bytes are left over behind the last field.</summary>
    TrailingBytes,

    /// <summary>More than eight bytes, all of them zero: the write was lost, whatever they decode to.</summary>
    ZeroFilled,

    /// <summary>Longer than this reader, or any real file of its kind, can be.</summary>
    TooLong,

    /// <summary>Text that is not UTF-8.</summary>
    BadText,

    /// <summary>Not 1 to 128 hexadecimal digits.</summary>
    BadKey,

    /// <summary>Hexadecimal, but an odd number of digits: no artifact key can spell it.</summary>
    OddKey,

    /// <summary>Names, sizes, modes, or a count elsewhere, are not equally many.</summary>
    CountMismatch,

    /// <summary>A size is not what another place says, the total is not the sum, or a size is beyond 63 bits.</summary>
    SizeMismatch,

    /// <summary>Two verdicts of one row have the same name.</summary>
    DuplicateVerdict,

    /// <summary>The magic bytes are not there.</summary>
    BadMagic,

    /// <summary>A format version this reader does not know.</summary>
    BadVersion,

    /// <summary>A variant number, kind or flag that nobody wrote.</summary>
    BadVariant,

    /// <summary>A payload that is a path on the daemon's machine: never followed.</summary>
    PathPayload,

    /// <summary>A range that begins in the header or ends behind the file.</summary>
    RangeOutside,

    /// <summary>Two ranges share bytes.</summary>
    RangesOverlap,

    /// <summary>A digest that is not 64 lowercase hexadecimal digits.</summary>
    BadDigest,

    /// <summary>The file names another key than the one it lies under.</summary>
    WrongKey,

    /// <summary>The generation is not the one pointed at, or not the digest of its rows.</summary>
    WrongGeneration,

    /// <summary>Output indexes are not 0 to n-1, each once.</summary>
    BadIndexes,

    /// <summary>A pointer file that is not one generation.</summary>
    BadPointer,

    /// <summary>A path with a component that is not a plain name, or twice the same path.</summary>
    BadPath,

    /// <summary>A member that must be there is missing, is there twice, or has another type.</summary>
    BadMember,

    /// <summary>Bytes do not have the checksum that is stored for them.</summary>
    BadChecksum,

    /// <summary>A page that cannot be one: its place, its kind or its offsets.</summary>
    BadPage,

    /// <summary>A page that is reached twice.</summary>
    PageReused,

    /// <summary>A tree deeper than any real one.</summary>
    TooDeep,

    /// <summary>A table whose key or value type is another.</summary>
    BadTable,
}
