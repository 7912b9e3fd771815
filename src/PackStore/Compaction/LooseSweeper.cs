using PackStore.Engine;
using PackStore.Engine.Writing;
using PackStore.Format;
using PackStore.Segments;
using PackStore.Storage;

namespace PackStore.Compaction;

/// <summary>Removes what stopped processes have left beside the segments: loose files that no record names, and files
/// that were being written.</summary>
/// <remarks>
/// Why nothing goes that is needed:
/// <list type="bullet">
/// <item>There is one writer, so whoever else could write loose files is of this process, and has its names in
/// <see cref="Loose.LooseClaims"/> from before the file is there until a record of the index names it. The sweep claims
/// a name first and then looks into the index, under the write lock: if the name was free and no record has it, the
/// record it had, or was to have, is not and will not be in the index. While the claim stands, no new file gets the
/// name.</item>
/// <item>What this process supersedes is claimed until it is durable. What earlier ones superseded is durable before
/// the sweep begins, or there is no sweep: no crash brings a record back whose files are gone.</item>
/// <item>A record that is kept out of the index, because something it names is lost, holds its segment's durable end:
/// no sweep. So does a segment that could not be read: no compaction. Nor is there one while <c>quarantine/</c> holds
/// something: records in there may be the only ones to name a file that somebody wants to save.</item>
/// <item>A record whose loose payloads were copied into a segment may outlast the process that copied it. Until its
/// segment is gone whoever repairs or verifies the store may find it beside its copy: a key's files stay as long as
/// there are two records of it with one number, and loose files.</item>
/// <item>Who has a file mapped keeps it: only the name goes.</item>
/// </list>
/// In a dry run nothing is claimed and removed; a process that only reads does not know the claims of a writer beside
/// it and counts what that is writing.
/// </remarks>
internal sealed class LooseSweeper(StoreCore core, SegmentExchange? exchange, CancellationToken token)
{
    private readonly SegmentDirectories _directories = new(core);

    /// <summary>Files that went, or would go.</summary>
    public long Files { get; private set; }

    /// <summary>Their lengths.</summary>
    public long Bytes { get; private set; }

    /// <summary>Sweeps. What cannot be removed now is left for another time.</summary>
    public void Run()
    {
        if (exchange is not null && !exchange.TryMakeDurable())
        {
            return;
        }

        try
        {
            if (core.Directory.List(StoreFileNames.Quarantine).Count == 0)
            {
                SweepAll();
            }
        }
        catch (IOException e)
        {
            core.Log.HintFailed("The sweep of orphaned files", e);
        }
    }

    private void SweepAll()
    {
        foreach (StoreEntry folder in core.Directory.List(StoreFileNames.Loose))
        {
            if (folder.IsDirectory && StoreFileNames.IsLooseDirectory(folder.Name))
            {
                Sweep($"{StoreFileNames.Loose}/{folder.Name}");
            }
        }

        // A reading process that writes one just now loses a hint of what it has used, and nothing else.
        foreach (StoreEntry entry in core.Directory.List(StoreFileNames.Index))
        {
            if (entry.IsFile && StoreFileNames.IsTemporary(entry.Name))
            {
                Take($"{StoreFileNames.Index}/{entry.Name}", entry.Length);
            }
        }
    }

    private void Sweep(string folder)
    {
        foreach (StoreEntry entry in core.Directory.List(folder))
        {
            token.ThrowIfCancellationRequested();
            string name = $"{folder}/{entry.Name}";
            if (!entry.IsFile)
            {
                continue;
            }

            if (StoreFileNames.IsTemporary(entry.Name))
            {
                Take(name, entry.Length);
            }
            else if (StoreFileNames.TryParseLoose(name, out ArtifactKey key, out int index, out uint generation)
                && !IsNamedNow(key, index, generation))
            {
                TakeUnnamed(name, entry.Length, key, index, generation);
            }
        }
    }

    /// <summary>Without a lock, and for most files enough: what is named stays.</summary>
    private bool IsNamedNow(in ArtifactKey key, int index, uint generation)
    {
        EpochSlot slot = EpochGate.Slot;
        ulong section = EpochGate.Enter(slot);
        try
        {
            return LooseReferences.MayName(core, key, index, generation);
        }
        finally
        {
            slot.Leave(section);
        }
    }

    private void TakeUnnamed(string name, long length, in ArtifactKey key, int index, uint generation)
    {
        if (HasTwins(key))
        {
            return;
        }

        // The order is the point: see above.
        if (!core.Loose.Claims.TryAddFirst(name))
        {
            return;
        }

        bool isNamed = true;
        try
        {
            lock (core.WriteLock)
            {
                // Another claim: its record was superseded since the first look, and that is not durable yet.
                isNamed = !core.Loose.Claims.IsSole(name)
                    || LooseReferences.MayName(core, key, index, generation);
            }
        }
        finally
        {
            if (isNamed || exchange is null)
            {
                core.Loose.Claims.Remove(name);
            }
        }

        if (!isNamed)
        {
            Remove(name, length);
        }
    }

    /// <summary>Whether two records of a key have the same number, one of them with loose files.</summary>
    private bool HasTwins(in ArtifactKey key)
    {
        ulong hash = core.HashOf(key);
        HashSet<ulong> seen = [];
        HashSet<ulong> loose = [];
        HashSet<ulong> twins = [];
        foreach (Segment segment in core.State.Segments.All.Where(static s => s.IsSealed))
        {
            foreach (DirectoryEntry entry in _directories.Of(segment, hash))
            {
                (seen.Add(entry.Sequence) ? seen : twins).Add(entry.Sequence);
                if (entry.HasLoose)
                {
                    loose.Add(entry.Sequence);
                }
            }
        }

        return twins.Overlaps(loose);
    }

    private void Take(string name, long length)
    {
        if (exchange is null ? !core.Loose.Claims.Contains(name) : core.Loose.Claims.TryAddFirst(name))
        {
            Remove(name, length);
        }
    }

    /// <summary>Removes a file whose name is claimed, which ends the claim.</summary>
    private void Remove(string name, long length)
    {
        if (exchange is not null && !core.TryDropLoose(name))
        {
            // It has got its name, or whoever claimed it was quicker; or it stays for another sweep.
            return;
        }

        Files++;
        Bytes += length;
    }
}
