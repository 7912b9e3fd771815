using System.Buffers;
using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace PackStore.Storage.Portable;

/// <summary>A view of a file's present bytes.</summary>
internal sealed unsafe class PortableMap : IRegionBacking
{
    private const int ScratchBytes = 64 * 1024;

    private readonly SharedHandle _file;
    private readonly SafeMemoryMappedViewHandle? _view;
    private readonly long _length;

    private PortableMap(SharedHandle file, SafeMemoryMappedViewHandle? view, long length)
    {
        _file = file.Share();
        _view = view;
        _length = length;
    }

    /// <summary>Maps the first bytes, all of which are there.</summary>
    public static MappedRegion MapRegion(SharedHandle file, string name, long length)
    {
        byte* start = null;
        SafeMemoryMappedViewHandle? view = length == 0 ? null : View(file, name, length, out start);
        return new MappedRegion(start, length, new PortableMap(file, view, length));
    }

    /// <summary>Maps bytes that are there and takes the pointer, to be given back by <see cref="Unmap"/>.</summary>
    public static SafeMemoryMappedViewHandle View(SharedHandle file, string name, long length, out byte* start)
    {
        SafeMemoryMappedViewHandle view = PortableCalls.Run("map", name, () =>
        {
            // The view outlives the object it was made from.
            using MemoryMappedFile map = MemoryMappedFile.CreateFromFile(
                file.Handle, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            return map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read).SafeMemoryMappedViewHandle;
        });
        start = null;
        view.AcquirePointer(ref start);
        return view;
    }

    /// <summary>Gives the pointer back and unmaps.</summary>
    public static void Unmap(SafeMemoryMappedViewHandle view)
    {
        view.ReleasePointer();
        view.Dispose();
    }

    /// <inheritdoc/>
    public bool TryPopulate(byte* start, long offset, long length)
    {
        if (offset < 0 || length < 0 || length > _length - offset)
        {
            return length == 0;
        }

        byte[] scratch = ArrayPool<byte>.Shared.Rent(ScratchBytes);
        try
        {
            for (long end = offset + length; offset < end;)
            {
                int read = RandomAccess.Read(
                    _file.Handle, scratch.AsSpan(0, (int)Math.Min(end - offset, ScratchBytes)), offset);
                if (read == 0)
                {
                    return false;
                }

                offset += read;
            }

            return true;
        }
        catch (IOException)
        {
            // That the bytes cannot be read is the answer.
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    /// <inheritdoc/>
    public void Release(byte* start, long capacity)
    {
        _file.Release();
        if (_view is not null)
        {
            Unmap(_view);
        }
    }
}
