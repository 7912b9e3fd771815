namespace PackStore.Migration.Legacy.Redb;

/// <summary>A whole file in memory.</summary>
internal sealed class MemoryLegacyBytes(ReadOnlyMemory<byte> bytes) : ILegacyBytes
{
    public long Length => bytes.Length;

    public int Read(long offset, Span<byte> destination)
    {
        if (offset >= bytes.Length)
        {
            return 0;
        }

        ReadOnlySpan<byte> rest = bytes.Span[(int)offset..];
        int length = Math.Min(rest.Length, destination.Length);
        rest[..length].CopyTo(destination);
        return length;
    }
}
