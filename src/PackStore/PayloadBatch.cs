using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using PackStore.Engine;

namespace PackStore;

/// <summary>The results of a batched lookup. Lives on the stack of one thread; dispose it there, with
/// <c>using</c>.</summary>
public readonly ref struct PayloadBatch : IDisposable
{
    private readonly EpochSlot _slot;
    private readonly ulong _token;
    private readonly Span<PayloadBatchSlot> _results;

    internal PayloadBatch(EpochSlot slot, ulong token, Span<PayloadBatchSlot> results)
    {
        _slot = slot;
        _token = token;
        _results = results;
    }

    /// <summary>Number of keys asked for.</summary>
    public int Count => _results.Length;

    /// <summary>The result for a key, by its number. Valid until the batch is disposed; disposing it by itself does
    /// nothing.</summary>
    /// <exception cref="IndexOutOfRangeException">There is no such key.</exception>
    [UnscopedRef]
    public PayloadLease this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            ref PayloadBatchSlot slot = ref _results[index];
            return slot.State is null ? default : new PayloadLease(slot);
        }
    }

    /// <summary>Gives everything back. No span of it may be used any more.</summary>
    public void Dispose()
    {
        // A second call must not clear the slots: they may hold the results of a later batch.
        if (_slot is null || !_slot.Leave(_token))
        {
            return;
        }

        foreach (ref PayloadBatchSlot result in _results)
        {
            result.Detached?.Dispose();
            result = default;
        }
    }
}
