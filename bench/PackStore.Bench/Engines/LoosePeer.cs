using Microsoft.Win32.SafeHandles;
using PackStore.Bench.Data;

namespace PackStore.Bench.Engines;

/// <summary>What compile caches do today: one file a payload, named <c>key_i</c>, in one flat directory; written beside
/// and renamed into place; a hit is a stat for the length, an open and a read.</summary>
internal sealed class LoosePeer : Peer
{
    private string _directory = "";
    private bool _durable;
    private int _payloads = 1;
    private int _temporaries;

    internal override string Settings =>
        "flat directory of key_i files, temporary + rename, a hit = stat + open + read into a reused buffer; flush = " +
        "syncfs; durable = fsync + rename + fsync of the directory; metadata in a file of its own";

    internal override long MaxArtifacts => 30_000;

    internal override void Open(PeerSetup setup)
    {
        _directory = setup.Directory;
        _durable = setup.Durable;
        Directory.CreateDirectory(_directory);
    }

    internal override PeerSession CreateSession() => new LooseSession(this);

    internal override Task PutAsync(Corpus corpus, long first, int count)
    {
        _payloads = corpus.PayloadCount;
        for (long i = first; i < first + count; i++)
        {
            string name = KeyName(i);
            for (int p = 0; p < corpus.PayloadCount; p++)
            {
                Write($"{name}_{p}", corpus.Payload(i, p), 1);
            }

            if (!corpus.Metadata(i).IsEmpty)
            {
                Write(name + ".meta", corpus.Metadata(i), 1);
            }
        }

        return Task.CompletedTask;
    }

    internal override Task StreamAsync(long artifact, ReadOnlyMemory<byte> piece, int pieces)
    {
        Write(KeyName(artifact) + "_0", piece, pieces);
        return Task.CompletedTask;
    }

    internal override Task FlushAsync()
    {
        Native.SyncFileSystem(_directory);
        return Task.CompletedTask;
    }

    public override void Dispose()
    {
    }

    private static string KeyName(long artifact)
    {
        Span<byte> key = stackalloc byte[Keys.Length];
        Keys.Write(artifact, key);
        return Convert.ToHexStringLower(key);
    }

    private void Write(string name, ReadOnlyMemory<byte> piece, int pieces)
    {
        string temporary = Path.Combine(_directory, $".tmp{Interlocked.Increment(ref _temporaries)}");
        using (SafeFileHandle file = File.OpenHandle(temporary, FileMode.Create, FileAccess.Write))
        {
            for (int i = 0; i < pieces; i++)
            {
                RandomAccess.Write(file, piece.Span, (long)i * piece.Length);
            }

            if (_durable)
            {
                Native.SyncData(file);
            }
        }

        File.Move(temporary, Path.Combine(_directory, name), overwrite: true);
        if (_durable)
        {
            Native.SyncDirectory(_directory);
        }
    }

    /// <summary>Reads of the loose store; the number of payloads is known from memory, as the seed's index has
    /// it.</summary>
    private sealed class LooseSession(LoosePeer peer) : PeerSession
    {
        private byte[] _buffer = new byte[4096];

        internal override int Touch(KeyRun run, int start, int count, ref ulong sink) =>
            Read(run, start, count, ref sink, whole: false);

        internal override int ReadWhole(KeyRun run, int start, int count, ref ulong sink) =>
            Read(run, start, count, ref sink, whole: true);

        private int Read(KeyRun run, int start, int count, ref ulong sink, bool whole)
        {
            int hits = 0;
            for (int i = start; i < start + count; i++)
            {
                string name = Convert.ToHexStringLower(run.Bytes(i));
                bool hit = true;
                for (int p = 0; p < peer._payloads && hit; p++)
                {
                    hit = ReadFile(Path.Combine(peer._directory, $"{name}_{p}"), whole, ref sink);
                }

                hits += hit ? 1 : 0;
            }

            return hits;
        }

        private bool ReadFile(string path, bool whole, ref ulong sink)
        {
            var info = new FileInfo(path);
            if (!info.Exists)
            {
                return false;
            }

            int length = (int)info.Length;
            if (_buffer.Length < length)
            {
                _buffer = new byte[length * 2];
            }

            using SafeFileHandle file = File.OpenHandle(path);
            if (RandomAccess.Read(file, _buffer.AsSpan(0, length), 0) != length)
            {
                return false;
            }

            ReadOnlySpan<byte> bytes = _buffer.AsSpan(0, length);
            sink += whole ? Consume.All(bytes) : Consume.Start(bytes);
            return true;
        }
    }
}
