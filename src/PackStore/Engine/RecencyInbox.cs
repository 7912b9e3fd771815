using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using PackStore.Format;
using PackStore.Index;
using PackStore.Storage;

namespace PackStore.Engine;

/// <summary>
/// Passes on what read-only processes have used: at close they leave a small file in <c>index/</c> where they may, and
/// whoever opens the store takes it
/// into its recency. A hint: lost or damaged it costs recency only.
/// </summary>
/// <remarks>File: magic, checksum of the rest, then for each key its hash (8 bytes) and hour (2 bytes).</remarks>
internal sealed class RecencyInbox(StoreCore core)
{
    internal const ulong Magic = 0x3130_4553_5553_4B50;
    private const string Suffix = ".use";
    private const int EntryBytes = 10;
    private const int FrontBytes = 16;
    private const int MaxEntries = 1 << 20;
    private const int MaxFiles = 256;
    private readonly ConcurrentDictionary<ulong, ushort> _used = new();

    /// <summary>Notes a use.</summary>
    public void Note(ulong hash, int hour)
    {
        if (_used.Count < MaxEntries)
        {
            _used[hash] = (ushort)hour;
        }
    }

    /// <summary>Leaves the file, if anything was used and the directory can be written to.</summary>
    public void TrySave()
    {
        if (_used.IsEmpty)
        {
            return;
        }

        byte[] bytes = Encode([.. _used]);
        string name = string.Create(
            CultureInfo.InvariantCulture, $"{StoreFileNames.Index}/{(ulong)Random.Shared.NextInt64():x16}");
        try
        {
            if (Names().Count() >= MaxFiles)
            {
                return;
            }

            using (IStoreFile file = core.Directory.Create(name + StoreFileNames.TemporarySuffix))
            {
                file.Write(0, bytes);
            }

            core.Directory.Replace(name + StoreFileNames.TemporarySuffix, name + Suffix);
        }
        catch (IOException e)
        {
            // A read-only file system, or no permission: then the uses are not passed on.
            core.Log.HintFailed(name, e);
        }
    }

    /// <summary>Takes what others have left into the index's recency.</summary>
    public void Take(bool remove)
    {
        foreach (string name in Names().ToArray())
        {
            byte[]? bytes = TryReadFile(name);
            if (bytes is not null)
            {
                Apply(bytes);
            }

            if (remove)
            {
                core.Directory.Delete(name);
            }
        }
    }

    private IEnumerable<string> Names() =>
        core.Directory.List(StoreFileNames.Index)
            .Where(e => e.IsFile && e.Name.EndsWith(Suffix, StringComparison.Ordinal))
            .Select(e => $"{StoreFileNames.Index}/{e.Name}");

    private byte[]? TryReadFile(string name)
    {
        using IStoreFile? file = core.Directory.TryOpen(name, writable: false);
        long length = file?.Stat().Length ?? 0;
        if (length < FrontBytes || length > FrontBytes + ((long)MaxEntries * EntryBytes))
        {
            return null;
        }

        byte[] bytes = new byte[length];
        return file!.Read(0, bytes) == length && IsSound(bytes) ? bytes : null;
    }

    /// <summary>Whether a file's bytes are what a reader left.</summary>
    internal static bool IsSound(ReadOnlySpan<byte> bytes) => bytes.Length >= FrontBytes
        && BinaryPrimitives.ReadUInt64LittleEndian(bytes) == Magic
        && BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]) == Checksum.Of(bytes[FrontBytes..]);

    /// <summary>A file of these uses.</summary>
    internal static byte[] Encode(ReadOnlySpan<KeyValuePair<ulong, ushort>> used)
    {
        byte[] bytes = new byte[FrontBytes + (used.Length * EntryBytes)];
        for (int i = 0; i < used.Length; i++)
        {
            Span<byte> entry = bytes.AsSpan(FrontBytes + (i * EntryBytes));
            BinaryPrimitives.WriteUInt64LittleEndian(entry, used[i].Key);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[8..], used[i].Value);
        }

        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), Checksum.Of(bytes.AsSpan(FrontBytes)));
        return bytes;
    }

    private void Apply(byte[] bytes)
    {
        for (int at = FrontBytes; at + EntryBytes <= bytes.Length; at += EntryBytes)
        {
            ulong hash = BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));
            ushort hour = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at + 8));
            lock (core.WriteLock)
            {
                IndexProbe probe = core.State.Table.Probe(hash);
                while (probe.MoveNext())
                {
                    if (probe.Hour < hour && core.TryReadHash(probe.Word, out ulong found) && found == hash)
                    {
                        probe.SetHour(hour);
                        core.State.Table.NoteRecencyChange();
                    }
                }
            }
        }
    }
}
