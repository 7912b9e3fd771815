using System.Reflection;
using System.Runtime.InteropServices;
using LightningDB;
using PackStore.Bench.Data;

namespace PackStore.Bench.Engines;

/// <summary>LMDB through LightningDB: one transaction a put, a renewed read transaction a get, zero-copy
/// values.</summary>
internal sealed class LmdbPeer : Peer
{
    private const EnvironmentOpenFlags Fast = EnvironmentOpenFlags.NoSync | EnvironmentOpenFlags.WriteMap |
        EnvironmentOpenFlags.NoMemoryInitialization | EnvironmentOpenFlags.NoThreadLocalStorage;

    // The package's own library wants a newer C library than many distributions have; theirs is tried first.
    private static readonly string[] s_systemLibraries = ["liblmdb.so.0", "liblmdb.so", "liblmdb.dylib"];

    private LightningEnvironment? _environment;
    private LightningDatabase? _database;
    [ThreadStatic]
    private static byte[]? t_value;

    static LmdbPeer() => NativeLibrary.SetDllImportResolver(typeof(LightningEnvironment).Assembly, Resolve);

    internal override string Settings =>
        "NoSync|WriteMap|NoMemoryInitialization|NoThreadLocalStorage (durable: default flags), 1 transaction a put, " +
        "read transaction reset and renewed a get, zero-copy span; the system's liblmdb";

    private LightningEnvironment Environment => _environment ?? throw new InvalidOperationException("Not open.");

    private LightningDatabase Database => _database ?? throw new InvalidOperationException("Not open.");

    internal override void Open(PeerSetup setup)
    {
        Directory.CreateDirectory(setup.Directory);
        long size = ((setup.DataBytes * 3) + (setup.Artifacts * 512) + (1L << 30)) & ~4095L;
        try
        {
            _environment = new LightningEnvironment(setup.Directory, new EnvironmentConfiguration { MapSize = size });
            _environment.Open(setup.Durable ? EnvironmentOpenFlags.NoThreadLocalStorage : Fast);
        }
        catch (Exception e) when (e is DllNotFoundException or TypeInitializationException or
            EntryPointNotFoundException)
        {
            throw new NotSupportedException(
                "no usable liblmdb: install the system's (Debian: apt-get install liblmdb0); " + e.Message, e);
        }

        using LightningTransaction transaction = _environment.BeginTransaction();
        _database = transaction.OpenDatabase(
            configuration: new DatabaseConfiguration { Flags = DatabaseOpenFlags.Create });
        Check(transaction.Commit());
    }

    internal override PeerSession CreateSession() => new LmdbSession(Environment, Database);

    internal override Task PutAsync(Corpus corpus, long first, int count)
    {
        Span<byte> key = stackalloc byte[Keys.Length];
        for (long i = first; i < first + count; i++)
        {
            int length = ArtifactBlob.Length(corpus, i);
            Span<byte> value = Scratch(length);
            ArtifactBlob.Write(corpus, i, value);
            Keys.Write(i, key);
            Put(key, value);
        }

        return Task.CompletedTask;
    }

    internal override Task StreamAsync(long artifact, ReadOnlyMemory<byte> piece, int pieces)
    {
        Span<byte> key = stackalloc byte[Keys.Length];
        Keys.Write(artifact, key);
        Span<byte> value = Scratch(piece.Length * pieces);
        for (int i = 0; i < pieces; i++)
        {
            piece.Span.CopyTo(value[(i * piece.Length)..]);
        }

        Put(key, value);
        return Task.CompletedTask;
    }

    internal override Task FlushAsync()
    {
        Check(Environment.Flush(force: true));
        return Task.CompletedTask;
    }

    public override void Dispose()
    {
        _database?.Dispose();
        _environment?.Dispose();
        _environment = null;
    }

    private static Span<byte> Scratch(int length)
    {
        if (t_value is null || t_value.Length < length)
        {
            t_value = GC.AllocateUninitializedArray<byte>(length * 2);
        }

        return t_value.AsSpan(0, length);
    }

    private static void Check(MDBResultCode code)
    {
        if (code != MDBResultCode.Success)
        {
            throw new IOException($"LMDB returned {code}.");
        }
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        foreach (string library in s_systemLibraries)
        {
            if (NativeLibrary.TryLoad(library, out nint handle))
            {
                return handle;
            }
        }

        return 0;
    }

    private void Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        using LightningTransaction transaction = Environment.BeginTransaction();
        Check(transaction.Put(Database, key, value));
        Check(transaction.Commit());
    }
}
