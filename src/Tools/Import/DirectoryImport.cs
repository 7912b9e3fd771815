using System.Threading.Channels;
using PackStore.Tools.Output;

namespace PackStore.Tools.Import;

/// <summary>
/// Imports a directory: one task walks it, a few hash what it found and put it, small files many at a time. Each file
/// becomes an artifact whose key is the SHA-256 of its bytes.
/// </summary>
/// <param name="store">The store; <see langword="null"/> for the plan of one that would be created.</param>
/// <param name="report">Where each entry gets its line, if anywhere.</param>
/// <param name="tally">Counts what became of the entries.</param>
/// <param name="meter">Shows how far it is.</param>
/// <param name="dryRun">Whether to count only.</param>
internal sealed class DirectoryImport(
    ArtifactStore? store, ImportReportFile? report, ImportTally tally, ProgressMeter meter, bool dryRun)
{
    /// <summary>Files from this length on are streamed instead of read into memory; they go to the loose tier
    /// anyway.</summary>
    private const int LargeBytes = 4 << 20;

    private const int QueueLength = 1024;
    private const UnixFileMode Executable =
        UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private const UnixFileMode Permissions = (UnixFileMode)0x1FF;

    private readonly KeyLedger _ledger = new(remember: dryRun);
    private long _foundBytes;
    private long _doneBytes;
    private long _doneItems;

    /// <summary>Imports all that the walker finds.</summary>
    public async Task RunAsync(DirectoryWalker walker, CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Channel<SourceEntry> queue = Channel.CreateBounded<SourceEntry>(
            new BoundedChannelOptions(QueueLength) { SingleWriter = true });
        int workers = Math.Clamp(Environment.ProcessorCount, 2, 4);
        List<Task> tasks = [StopOthersOnFailureAsync(() => WalkAsync(walker, queue.Writer, stop.Token), stop)];
        for (int i = 0; i < workers; i++)
        {
            tasks.Add(StopOthersOnFailureAsync(() => WorkAsync(queue.Reader, stop.Token), stop));
        }

        await Task.WhenAll(tasks);
    }

    /// <summary>Counts and reports an entry that is left out.</summary>
    public void Skip(string source, string reason)
    {
        report?.Write([ImportReportLine.Skipped(source, reason)]);
        tally.CountSkipped(reason);
    }

    private static Task StopOthersOnFailureAsync(Func<Task> work, CancellationTokenSource stop) => Task.Run(async () =>
    {
        try
        {
            await work();
        }
        catch
        {
            await stop.CancelAsync();
            throw;
        }
    });

    private async Task WalkAsync(DirectoryWalker walker, ChannelWriter<SourceEntry> queue,
        CancellationToken cancellationToken)
    {
        foreach (SourceEntry entry in walker.Walk())
        {
            cancellationToken.ThrowIfCancellationRequested();
            Interlocked.Add(ref _foundBytes, entry.Facts.Length);
            await queue.WriteAsync(entry, cancellationToken);
        }

        queue.Complete();
    }

    private async Task WorkAsync(ChannelReader<SourceEntry> queue, CancellationToken cancellationToken)
    {
        ImportBatch batch = new();
        Stack<SourceEntry> again = [];
        await foreach (SourceEntry entry in queue.ReadAllAsync(cancellationToken))
        {
            again.Push(entry);
            while (again.TryPop(out SourceEntry? next))
            {
                await ImportAsync(next, batch, again, cancellationToken);
            }

            if (batch.IsFull)
            {
                await PutAsync(batch, cancellationToken);
            }
        }

        await PutAsync(batch, cancellationToken);
    }

    private async Task ImportAsync(
        SourceEntry entry, ImportBatch batch, Stack<SourceEntry> again, CancellationToken cancellationToken)
    {
        byte[]? bytes = null;
        ArtifactKey key;
        try
        {
            if (entry.Facts.Length < LargeBytes)
            {
                bytes = FileBytes.ReadAll(entry.Path, entry.Facts.Length, LargeBytes);
            }

            key = bytes is null ? FileBytes.Hash(entry.Path, Progress, cancellationToken) : FileBytes.Hash(bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Skip(entry.Name, e is FileNotFoundException or DirectoryNotFoundException
                ? SkipReason.Vanished : SkipReason.Unreadable);
            return;
        }

        Progress(bytes?.Length ?? 0);
        Interlocked.Increment(ref _doneItems);
        switch (Claim(key, entry))
        {
            case KeyClaim.Arrived:
                ReportDuplicates(key, [entry]);
                break;
            case KeyClaim.Carry when dryRun:
                Arrive(key, entry, bytes?.Length ?? entry.Facts.Length);
                break;
            case KeyClaim.Carry when bytes is null:
                await PutLargeAsync(key, entry, again, cancellationToken);
                break;
            case KeyClaim.Carry when (entry.Facts.Mode & Executable) != 0:
                await PutExecutableAsync(key, entry, bytes, cancellationToken);
                break;
            case KeyClaim.Carry:
                batch.Add(key, entry, ArtifactPayload.FromBytes(entry.Name, bytes), bytes.Length);
                break;
        }
    }

    private KeyClaim Claim(in ArtifactKey key, SourceEntry entry)
    {
        KeyClaim claim = _ledger.Claim(key, entry);
        if (claim == KeyClaim.Carry && store is not null && store.Contains(key))
        {
            ReportDuplicates(key, _ledger.Release(key, arrived: true));
            return KeyClaim.Arrived;
        }

        return claim;
    }

    private async Task PutAsync(ImportBatch batch, CancellationToken cancellationToken)
    {
        if (batch.Puts.Count == 0)
        {
            return;
        }

        await store!.PutManyAsync(batch.Puts, cancellationToken);
        List<ImportReportLine> lines = new(batch.Puts.Count);
        for (int i = 0; i < batch.Puts.Count; i++)
        {
            ArtifactKey key = batch.Puts[i].Key;
            lines.Add(ImportReportLine.Imported(key, batch.Entries[i].Name));
            tally.CountImported(batch.Lengths[i]);
            foreach (SourceEntry duplicate in _ledger.Release(key, arrived: true))
            {
                lines.Add(ImportReportLine.Duplicate(key, duplicate.Name));
                tally.CountDuplicate();
            }
        }

        report?.Write(lines);
        batch.Clear();
    }

    // Bytes in memory carry no mode into a gathered put, so what can be executed goes in by a writer, which takes one.
    private async Task PutExecutableAsync(
        ArtifactKey key, SourceEntry entry, byte[] bytes, CancellationToken cancellationToken)
    {
        await using (ArtifactWriter writer = store!.CreateWriter(key))
        {
            System.Buffers.BuffersExtensions.Write(
                writer.AddPayload(entry.Name, PayloadEncoding.Raw, entry.Facts.Mode & Permissions), bytes);
            await writer.CommitAsync(ArtifactOutcome.Success, cancellationToken);
        }

        Arrive(key, entry, bytes.Length);
    }

    // The file is read twice, for its key and for the put. One that changed in between must not stay under that key.
    private async Task PutLargeAsync(
        ArtifactKey key, SourceEntry entry, Stack<SourceEntry> again, CancellationToken cancellationToken)
    {
        bool put = false;
        try
        {
            if (IsUnchanged(entry))
            {
                await store!.PutAsync(
                    key, ArtifactOutcome.Success, [ArtifactPayload.FromFile(entry.Name, entry.Path)],
                        cancellationToken);
                put = true;
            }
        }
        catch (FileNotFoundException)
        {
            // It went away after it was hashed: reported below like any other change.
            put = false;
        }

        if (put && IsUnchanged(entry))
        {
            Arrive(key, entry, entry.Facts.Length);
            return;
        }

        if (put)
        {
            await store!.RemoveAsync(key, CancellationToken.None);
        }

        foreach (SourceEntry waiting in _ledger.Release(key, arrived: false))
        {
            again.Push(waiting);
        }

        Skip(entry.Name, SkipReason.Changed);
    }

    private void Arrive(in ArtifactKey key, SourceEntry entry, long bytes)
    {
        IReadOnlyList<SourceEntry> waiting = _ledger.Release(key, arrived: true);
        report?.Write([ImportReportLine.Imported(key, entry.Name)]);
        tally.CountImported(bytes);
        ReportDuplicates(key, waiting);
    }

    private void ReportDuplicates(ArtifactKey key, IReadOnlyList<SourceEntry> entries)
    {
        if (entries.Count == 0)
        {
            return;
        }

        report?.Write(entries.Select(e => ImportReportLine.Duplicate(key, e.Name)));
        foreach (SourceEntry _ in entries)
        {
            tally.CountDuplicate();
        }
    }

    private void Progress(int bytes)
    {
        long done = Interlocked.Add(ref _doneBytes, bytes);
        meter.Report(new ProgressPoint(done, Volatile.Read(ref _foundBytes), Volatile.Read(ref _doneItems), 0));
    }

    private static bool IsUnchanged(SourceEntry entry) => Files.FileFacts.TryRead(entry.Path) == entry.Facts;
}
