using PackStore.Engine.Importing;
using PackStore.Migration.Legacy;
using PackStore.Migration.Sources;

namespace PackStore.Migration;

/// <summary>Works on entries of one root on a thread of its own: reads them, and appends many at a time.</summary>
internal sealed class MigrationWorker : IDisposable
{
    private const int BatchBytes = (1 << 20) - (64 << 10);
    private const int BatchEntries = 256;

    private readonly MigrationContext _context;
    private readonly LegacyRoot _root;
    private readonly RootProgress _rows;
    private readonly ReadArena _arena = new();
    private readonly EntryReader _reader;
    private readonly SourceRemover? _remover;
    private readonly List<(EntryOutcome Entry, bool IsRow, bool IsDatabase)> _batch = [];
    private readonly List<ImportedPut> _puts = [];

    public MigrationWorker(MigrationContext context, LegacyRoot root, RootProgress rows)
    {
        bool move = context.Move && root.MayDelete;
        _context = context;
        _root = root;
        _rows = rows;
        _reader = new EntryReader(root, new PayloadFileReader(context.Target, _arena, move), context.NowUnixMs, move);
        _remover = move ? new SourceRemover(root, context.Target, context.Tally) : null;
    }

    /// <summary>Works on some entries.</summary>
    public void Work(ReadOnlySpan<WorkItem> items)
    {
        foreach (WorkItem item in items)
        {
            Add(item);
            if (_arena.Taken >= BatchBytes || _puts.Count >= BatchEntries)
            {
                Append();
            }
        }
    }

    /// <summary>Appends what is left, and deletes what can be.</summary>
    public void Finish()
    {
        Append();
        _remover?.Run();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _puts.ForEach(static p => p.Dispose());
        _arena.Dispose();
    }

    private void Add(in WorkItem item)
    {
        bool isRow = item.Row >= 0;
        bool isDatabase = item.Value is not null;
        EntryOutcome entry = isRow ? _reader.ReadRow(_rows.Index![item.Row], LegacyNames.Index)
            : item.Value is { } value ? ReadDatabaseRow(item.Key!, value)
            : _reader.ReadMeta(item.Key!);
        if (entry.Put is { } put)
        {
            _puts.Add(put);
            _batch.Add((entry, isRow, isDatabase));
            return;
        }

        if (entry.IsHeld)
        {
            _context.Tally.CountHeld(_root, entry);
            if (entry.Files.Count > 0)
            {
                _remover?.Add(ArtifactKey.Parse(entry.Key!), entry.Files);
            }

            return;
        }

        _rows.NoteLeft(isRow, isDatabase);
        _context.Tally.Skip(_root, entry);
    }

    private EntryOutcome ReadDatabaseRow(string key, ReadOnlyMemory<byte> value) =>
        LegacyRowReader.TryReadR1(value, key, out LegacyRow? row, out _)
            ? _reader.ReadRow(row!, LegacyNames.Database)
            : EntryOutcome.Refuse(key, LegacyNames.Database, SkipReasons.Row);

    private void Append()
    {
        if (_puts.Count > 0)
        {
            _context.Target.Append(_puts);
            for (int i = 0; i < _puts.Count; i++)
            {
                (EntryOutcome entry, bool isRow, bool isDatabase) = _batch[i];
                ImportedPut put = _puts[i];
                _context.Tally.CountPut(_root, entry, put);
                if (put.Verdict == ImportVerdict.Older)
                {
                    _rows.NoteLeft(isRow, isDatabase);
                }
            }
        }

        // Buffers may go back now; what is to be deleted is decided by the verdicts alone.
        _puts.ForEach(static p => p.Dispose());
        _arena.Reset();
        for (int i = 0; i < _puts.Count && _remover is not null; i++)
        {
            if (_puts[i].Verdict != ImportVerdict.Older)
            {
                _remover.Add(_puts[i].Key, _batch[i].Entry.Files);
            }
        }

        _puts.Clear();
        _batch.Clear();
        _context.Tally.ReportProgress();
    }
}
