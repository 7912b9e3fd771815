using System.Text;
using PackStore.Engine.Writing;
using PackStore.Format;
using PackStore.Format.Pins;
using PackStore.Storage;

namespace PackStore.Engine.Space;

/// <summary>
/// Which artifacts must not be evicted, for whom, and until when. Kept in memory, and in PINS, which is replaced as a
/// whole before a change is confirmed.
/// </summary>
/// <remarks>Pins bind eviction only: removing, overwriting and repairing go on. A key may be pinned before it is put.
/// A damaged PINS costs the pins, nothing else.</remarks>
internal sealed class PinBook(StoreCore core)
{
    // Guards everything below, the file too.
    private Dictionary<(ArtifactKey Key, string Owner), long>? _pins;

    /// <summary>Guards everything below, the file too. An eviction holds it from end to end: a pin that is confirmed
    /// is not overtaken by one. Taken before any other lock.</summary>
    public Lock Gate { get; } = new();

    /// <summary>All pins that count at a time.</summary>
    public List<PinEntry> Current(DateTimeOffset now)
    {
        lock (Gate)
        {
            // Another process may have changed them.
            _pins = core.IsReadOnly ? null : _pins;
            long ms = now.ToUnixTimeMilliseconds();
            return [.. Load().Where(p => p.Value > ms).Select(static p =>
                new PinEntry(p.Key.Key, p.Key.Owner, p.Value))];
        }
    }

    /// <summary>Adds pins, or gives those that their owner has already another expiry. Durable when this
    /// returns.</summary>
    public void Pin(IReadOnlyCollection<ArtifactKey> keys, string owner, long expiryUnixMs) => Change(pins =>
    {
        foreach (ArtifactKey key in keys)
        {
            pins[(key, owner)] = expiryUnixMs;
        }
    });

    /// <summary>Takes an owner's pins away; says how many there were. Durable when this returns.</summary>
    public int Unpin(IReadOnlyCollection<ArtifactKey> keys, string owner)
    {
        int removed = 0;
        lock (Gate)
        {
            if (keys.All(key => !Load().ContainsKey((key, owner))))
            {
                return 0;
            }
        }

        Change(pins => removed = keys.Count(key => pins.Remove((key, owner))));
        return removed;
    }

    /// <summary>Refuses what no pin can have.</summary>
    public static void Check(IReadOnlyCollection<ArtifactKey> keys, string owner)
    {
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentException.ThrowIfNullOrEmpty(owner);
        if (Encoding.UTF8.GetByteCount(owner) > PinFile.MaxOwnerBytes)
        {
            throw new ArgumentException($"An owner has at most {PinFile.MaxOwnerBytes} bytes of UTF-8.", nameof(owner));
        }

        foreach (ArtifactKey key in keys)
        {
            PutSession.CheckKey(key);
        }
    }

    /// <summary>Reads PINS; empty, and logged, if it is damaged.</summary>
    public static List<PinEntry> Read(IStoreDirectory directory, Guid storeId, out string? problem)
    {
        problem = null;
        using IStoreFile? file = directory.TryOpen(StoreFileNames.Pins, writable: false);
        if (file is null)
        {
            return [];
        }

        long length = file.Stat().Length;
        if (length > PinFile.MaxBytes)
        {
            problem = $"{length} bytes";
            return [];
        }

        byte[] bytes = new byte[length];
        int read = file.Read(0, bytes);
        bool isSound = PinFile.TryDecode(bytes.AsSpan(0, read), storeId, out List<PinEntry>? pins, out string wrong);
        problem = isSound ? null : wrong;
        return pins ?? [];
    }

    private void Change(Action<Dictionary<(ArtifactKey Key, string Owner), long>> change)
    {
        lock (Gate)
        {
            // What has run out goes with the first change after it, so that the file does not grow for ever.
            long now = core.Options.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds();
            Dictionary<(ArtifactKey Key, string Owner), long> next =
                Load().Where(p => p.Value > now).ToDictionary(static p => p.Key, static p => p.Value);
            change(next);
            if (next.Count > PinFile.MaxPins)
            {
                throw new ArgumentException($"A store keeps at most {PinFile.MaxPins} pins.");
            }

            Write(next);
            _pins = next;
        }
    }

    private Dictionary<(ArtifactKey Key, string Owner), long> Load()
    {
        if (_pins is null)
        {
            List<PinEntry> read = Read(core.Directory, core.Identity.StoreId, out string? problem);
            if (problem is not null)
            {
                core.Log.Ignored(StoreFileNames.Pins, problem);
            }

            Dictionary<(ArtifactKey Key, string Owner), long> pins = [];
            read.ForEach(p => pins[(p.Key, p.Owner)] = p.ExpiryUnixMs);
            _pins = pins;
        }

        return _pins;
    }

    private void Write(Dictionary<(ArtifactKey Key, string Owner), long> pins)
    {
        byte[] bytes = PinFile.Encode(
            core.Identity.StoreId, [.. pins.Select(static p => new PinEntry(p.Key.Key, p.Key.Owner, p.Value))]);
        core.Directory.Delete(StoreFileNames.PinsNew);
        try
        {
            using (IStoreFile file = core.Directory.Create(StoreFileNames.PinsNew))
            {
                file.Write(0, bytes);
                file.Sync();
            }

            core.Directory.Replace(StoreFileNames.PinsNew, StoreFileNames.Pins);
            core.Directory.SyncDirectory("");
        }
        catch (IOException e) when (StorageError.IsNoSpace(e))
        {
            throw new StoreFullException(
                StoreFileNames.Pins, bytes.Length, core.Directory.AvailableBytes(), e);
        }
    }
}
