using System.Buffers;
using PackStore.Loose;
using PackStore.Segments;

namespace PackStore.Engine.Writing;

/// <summary>A put made ready: its record, the loose files it will name, and the memory that must live until it is
/// written.</summary>
internal sealed class EncodedPut(LooseTier tier) : IDisposable
{
    private List<byte[]>? _rented;
    private List<string>? _looseFiles;
    private bool _committed;
    private long _charged;

    /// <summary>The record.</summary>
    public PreparedRecord? Record { get; set; }

    /// <summary>Names of pending files by descriptor, where there are any.</summary>
    public string?[]? PendingPaths { get; set; }

    /// <summary>Checksums of pending files' bytes as they were before compression, by descriptor.</summary>
    public Dictionary<int, ulong>? RawChecksums { get; set; }

    /// <summary>Rents a buffer that is given back with the put.</summary>
    public byte[] Rent(int length)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(length);
        (_rented ??= []).Add(buffer);
        return buffer;
    }

    /// <summary>Notes a loose file to remove if the put does not come about.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="charged">Bytes promised for it, until this is disposed.</param>
    public void AddLooseFile(string name, long charged)
    {
        (_looseFiles ??= []).Add(name);
        _charged += charged;
    }

    /// <summary>Whether it has a loose file of this name.</summary>
    public bool HasLooseFile(string name) => _looseFiles?.Contains(name) == true;

    /// <summary>The record stands: its loose files stay.</summary>
    public void Commit() => _committed = true;

    /// <summary>The record stands in memory only, and whoever has it answers for its loose files: they stay, and so do
    /// the claims on their names.</summary>
    public void HandOver()
    {
        _committed = true;
        _looseFiles = null;
    }

    /// <summary>Gives memory back, and removes the loose files of a put that did not come about.</summary>
    public void Dispose()
    {
        _committed = _committed || Record is { IsPublished: true };
        Record?.Dispose();
        Record = null;
        _rented?.ForEach(static buffer => ArrayPool<byte>.Shared.Return(buffer));
        _rented = null;
        foreach (string name in _looseFiles ?? [])
        {
            if (_committed)
            {
                // A record of the index names it by now: the claim is not needed any more.
                tier.Claims.Remove(name);
            }
            else
            {
                tier.Delete(name);
            }
        }

        _looseFiles = null;
        tier.Release?.Invoke(_charged);
        _charged = 0;
    }
}
