using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using PackStore.Bench.Data;

namespace PackStore.Bench.Engines;

/// <summary>Reads of the floor: one table probe, one key compare, the bytes.</summary>
internal sealed unsafe class FloorSession(FloorPeer peer, FloorTable table) : PeerSession
{
    private const int BatchLength = 16;

    internal override int Touch(KeyRun run, int start, int count, ref ulong sink)
    {
        int hits = 0;
        ulong sum = 0;
        for (int i = start; i < start + count; i++)
        {
            byte* record = Find(run.Bytes(i));
            if (record != null)
            {
                hits++;
                sum += FloorRecord.Read(record, whole: false);
            }
        }

        sink += sum;
        return hits;
    }

    internal override int ReadWhole(KeyRun run, int start, int count, ref ulong sink)
    {
        int hits = 0;
        for (int i = start; i < start + count; i++)
        {
            byte* record = Find(run.Bytes(i));
            if (record != null)
            {
                hits++;
                sink += FloorRecord.Read(record, whole: true);
            }
        }

        return hits;
    }

    internal override int TouchBatched(KeyRun run, int start, int count, ref ulong sink)
    {
        byte** records = stackalloc byte*[BatchLength];
        int hits = 0;
        for (int at = start; at < start + count; at += BatchLength)
        {
            int length = Math.Min(BatchLength, start + count - at);
            for (int i = 0; i < length; i++)
            {
                table.Prefetch(FloorTable.Fingerprint(run.Bytes(at + i)));
            }

            for (int i = 0; i < length; i++)
            {
                ulong fingerprint = FloorTable.Fingerprint(run.Bytes(at + i));
                ulong slot = fingerprint;
                long location = table.Find(fingerprint, ref slot);
                records[i] = location < 0 ? null : peer.At(location);
                PrefetchRecord(records[i]);
            }

            for (int i = 0; i < length; i++)
            {
                byte* record = records[i];
                if (record != null && !FloorRecord.HasKey(record, run.Bytes(at + i)))
                {
                    record = Find(run.Bytes(at + i));
                }

                if (record != null)
                {
                    hits++;
                    sink += FloorRecord.Read(record, whole: false);
                }
            }
        }

        return hits;
    }

    private static void PrefetchRecord(byte* record)
    {
        if (record != null && Sse.IsSupported)
        {
            Sse.Prefetch0(record);
            Sse.Prefetch0(record + 64);
            Sse.Prefetch0(record + 128);
            Sse.Prefetch0(record + 192);
            Sse.Prefetch0(record + 256);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte* Find(ReadOnlySpan<byte> key)
    {
        ulong fingerprint = FloorTable.Fingerprint(key);
        ulong slot = fingerprint;
        long location;
        while ((location = table.Find(fingerprint, ref slot)) >= 0)
        {
            byte* record = peer.At(location);
            if (FloorRecord.HasKey(record, key))
            {
                return record;
            }

            // The buffer may have been written out between the two looks; then the bytes are in the file.
            record = peer.At(location);
            if (FloorRecord.HasKey(record, key))
            {
                return record;
            }
        }

        return null;
    }
}
