using System.Buffers;
using System.Runtime.InteropServices;
using PackStore.Engine;
using PackStore.Engine.Writing;

namespace PackStore.Compaction.Rewriting;

/// <summary>Copies of neighbours that are ready to be appended, with the memory that they are in. What is not taken is
/// given up with it, loose files included.</summary>
internal sealed class CopyBatch(StoreCore core, byte[]? window) : IDisposable
{
    private readonly List<RecordCopy> _copies = [];
    private int _taken;

    /// <summary>The copies, in order.</summary>
    public IReadOnlyList<RecordCopy> Copies => _copies;

    /// <summary>Bytes read and written for them beside the records themselves.</summary>
    public long ExtraBytes { get; set; }

    /// <summary>Adds one.</summary>
    public void Add(in RecordCopy copy) => _copies.Add(copy);

    /// <summary>The copies that were not taken yet, up to one: whoever takes them answers for their loose
    /// files.</summary>
    public ReadOnlySpan<RecordCopy> TakeTo(int end)
    {
        ReadOnlySpan<RecordCopy> taken = CollectionsMarshal.AsSpan(_copies)[_taken..end];
        _taken = end;
        return taken;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (RecordCopy copy in TakeTo(_copies.Count))
        {
            GiveUp(core, copy.Files?.Created ?? [], copy.Charged);
        }

        if (window is not null)
        {
            ArrayPool<byte>.Shared.Return(window);
        }
    }

    /// <summary>Removes the files that were made for a copy which is not published.</summary>
    public static void GiveUp(StoreCore core, IReadOnlyList<MovedFile> created, long charged)
    {
        core.Loose.Release?.Invoke(charged);
        foreach (MovedFile file in created)
        {
            core.TryDropLoose(file.Name);
        }
    }
}
