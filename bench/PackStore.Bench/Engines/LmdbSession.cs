using LightningDB;
using PackStore.Bench.Data;

namespace PackStore.Bench.Engines;

/// <summary>Reads of LMDB: the snapshot is renewed for every get, as a cache that wants to see new puts must.</summary>
internal sealed class LmdbSession : PeerSession
{
    private readonly LightningTransaction _transaction;
    private readonly LightningDatabase _database;

    internal LmdbSession(LightningEnvironment environment, LightningDatabase database)
    {
        _database = database;
        _transaction = environment.BeginTransaction(TransactionBeginFlags.ReadOnly);
        _transaction.Reset();
    }

    internal override int Touch(KeyRun run, int start, int count, ref ulong sink) =>
        Read(run, start, count, ref sink, whole: false);

    internal override int ReadWhole(KeyRun run, int start, int count, ref ulong sink) =>
        Read(run, start, count, ref sink, whole: true);

    public override void Dispose()
    {
        _transaction.Dispose();
        base.Dispose();
    }

    private int Read(KeyRun run, int start, int count, ref ulong sink, bool whole)
    {
        int hits = 0;
        for (int i = start; i < start + count; i++)
        {
            _transaction.Renew();
            (MDBResultCode code, _, MDBValue value) = _transaction.Get(_database, run.Bytes(i));
            if (code == MDBResultCode.Success)
            {
                hits++;
                sink += ArtifactBlob.Read(value.AsSpan(), whole);
            }

            _transaction.Reset();
        }

        return hits;
    }
}
