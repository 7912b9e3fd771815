using System.Buffers;
using System.IO.Hashing;
using PackStore.Format;
using PackStore.Storage;

namespace PackStore.Loose;

/// <summary>Writes one loose file front to back under a temporary name, checksumming on the way; nobody sees it
/// before <see cref="Finish"/>. The temporary name is claimed.</summary>
internal sealed class LooseWriter : IDisposable
{
    /// <summary>Room is made for so many bytes at least: small pieces need not ask the file system each.</summary>
    private const int RoomStep = 256 << 10;

    private readonly LooseTier _tier;
    private readonly IStoreFile _file;
    private readonly string _temporary;
    private readonly XxHash3 _hash = new();
    private readonly ArtifactKey _key;
    private readonly bool _isCharged;
    private bool _finished;
    private long _charged;

    // Room was made up to this length.
    private long _room;

    public LooseWriter(LooseTier tier, in ArtifactKey key, string temporary, IStoreFile file, bool isCharged = true)
    {
        _tier = tier;
        _key = key;
        _temporary = temporary;
        _file = file;
        _isCharged = isCharged;
    }

    /// <summary>Bytes so far.</summary>
    public long Length { get; private set; }

    /// <summary>The file being written.</summary>
    public IStoreFile File => _file;

    /// <summary>Makes sure that there is room for bytes before they are written. The promise is the file's from then
    /// on, and ends with the put.</summary>
    public void Charge(long bytes)
    {
        if (_isCharged)
        {
            _tier.Charge?.Invoke(bytes);
            _charged += bytes;
        }
    }

    /// <summary>Appends bytes.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        Charge(bytes.Length);
        MakeRoom(bytes.Length);
        _file.Write(Length, bytes);
        _hash.Append(bytes);
        Length += bytes.Length;
    }

    /// <summary>Copies bytes of another file to the start of this one. They have been charged.</summary>
    public void CopyFrom(IStoreFile source, long offset, long length)
    {
        MakeRoom(length);
        _file.CopyFrom(source, offset, 0, length);
    }

    /// <summary>Appends a sequence.</summary>
    public void Write(in ReadOnlySequence<byte> bytes)
    {
        foreach (ReadOnlyMemory<byte> piece in bytes)
        {
            Write(piece.Span);
        }
    }

    /// <summary>Notes bytes that the file system put into the file by itself (a clone or in-kernel copy), with their
    /// checksum.</summary>
    public LooseFile FinishAdopted(int index, long length, ulong checksum, bool sharesInode)
    {
        Length = length;
        return Complete(index, checksum, sharesInode);
    }

    /// <summary>Gives the file its name; the record that will name it comes later.</summary>
    public LooseFile Finish(int index) => Complete(index, _hash.GetCurrentHashAsUInt64(), sharesInode: false);

    /// <summary>Closes the file, and removes it if it was not finished.</summary>
    public void Dispose()
    {
        if (!_finished)
        {
            _file.Dispose();
            try
            {
                _tier.Directory.Delete(_temporary);
            }
            finally
            {
                _tier.Claims.Remove(_temporary);
                _tier.Release?.Invoke(_charged);
            }
        }
    }

    /// <summary>A copy that a compaction makes is not for making room: that would be another compaction.</summary>
    private void MakeRoom(long bytes)
    {
        if (_isCharged && Length + bytes > _room)
        {
            long wanted = Math.Max(bytes, RoomStep);
            _tier.MakeRoom?.Invoke(wanted);
            _room = Length + wanted;
        }
    }

    private LooseFile Complete(int index, ulong checksum, bool sharesInode)
    {
        string name = _tier.Rename(_temporary, _key, index, out uint generation);
        _finished = true;
        _tier.NoteUnsynced(name, _file);
        return new LooseFile(name, new PayloadDescriptor(
            generation, PayloadEncoding.Raw, PayloadTier.Loose, sharesInode, Length, Length, checksum), _charged);
    }
}

/// <summary>A loose file that is written but not yet named by a record; its name is claimed for whoever has
/// this.</summary>
/// <param name="Name">Its name in the store.</param>
/// <param name="Descriptor">What the record will say of it.</param>
/// <param name="Charged">Bytes promised for it.</param>
internal readonly record struct LooseFile(string Name, PayloadDescriptor Descriptor, long Charged);
