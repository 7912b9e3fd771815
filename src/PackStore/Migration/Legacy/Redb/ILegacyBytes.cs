namespace PackStore.Migration.Legacy.Redb;

/// <summary>A file that is read here and there. What fails below is thrown as it is: a broken disk is no bad
/// data.</summary>
internal interface ILegacyBytes
{
    /// <summary>Length in bytes; does not change while it is read.</summary>
    long Length { get; }

    /// <summary>Reads up to the span's length; fewer bytes only at the end.</summary>
    int Read(long offset, Span<byte> destination);
}
