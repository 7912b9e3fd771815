using PackStore.Engine.Importing;
using PackStore.Format;
using PackStore.Migration.Legacy;
using PackStore.Migration.Sources;

namespace PackStore.Migration;

/// <summary>
/// Resolves one key of one root as the newest of the old programs did: staged, then pack, then flat, each whole or not
/// at all; and where the row leads to nothing, the key's <c>.meta</c>, which that program no longer looked at.
/// </summary>
internal sealed class EntryReader
{
    private readonly IImportTarget _target;
    private readonly long _nowUnixMs;
    private readonly bool _move;
    private readonly StagedLayout _staged;
    private readonly PackLayout _pack;
    private readonly FlatLayout _flat;
    private readonly MetaLayout _meta;
    private readonly LeftoverFinder _leftovers;

    /// <param name="root">The root.</param>
    /// <param name="reader">Reads payload files.</param>
    /// <param name="nowUnixMs">The time of this run, milliseconds since 1970.</param>
    /// <param name="move">Whether the entry's files are to be deleted afterwards.</param>
    public EntryReader(LegacyRoot root, PayloadFileReader reader, long nowUnixMs, bool move)
    {
        _target = reader.Target;
        _nowUnixMs = nowUnixMs;
        _move = move;
        _staged = new StagedLayout(root, reader);
        _pack = new PackLayout(root, reader);
        _flat = new FlatLayout(root, reader);
        _meta = new MetaLayout(root, reader);
        _leftovers = new LeftoverFinder(root, reader.Target);
    }

    /// <summary>Resolves a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="index">Name of the index it is in.</param>
    public EntryOutcome ReadRow(LegacyRow row, string index)
    {
        LegacyProblem problem = row.FindProblem();
        if (problem is LegacyProblem.BadKey or LegacyProblem.OddKey)
        {
            return EntryOutcome.Refuse(row.Key, index, SkipReasons.Key);
        }

        ArtifactKey key = ArtifactKey.Parse(row.Key);
        EntryOutcome outcome = problem != LegacyProblem.None
            ? EntryOutcome.Refuse(row.Key, index, SkipReasons.Row)
            : HasLongNames(row) ? EntryOutcome.Refuse(row.Key, index, SkipReasons.TooLarge)
            : ReadSoundRow(key, row, index);
        if (outcome.Reason is not null && _meta.Has(row.Key)
            && ReadMeta(row.Key) is { Reason: null } rescued)
        {
            return rescued;
        }

        return outcome;
    }

    /// <summary>Resolves a <c>.meta</c> by the key in its name.</summary>
    public EntryOutcome ReadMeta(string keyText)
    {
        string source = $"{LegacyNames.Artifacts}/{keyText}{LegacyNames.MetaSuffix}";
        if (LegacyKey.FindProblem(keyText) != LegacyProblem.None)
        {
            return EntryOutcome.Refuse(keyText, source, SkipReasons.Key);
        }

        EntryPayloads payloads = new();
        string? reason = _meta.Read(keyText, out LegacyMeta? meta, out long modified, payloads);
        if (reason is null && meta!.Outputs.Any(static o => IsLong(o.Name)))
        {
            reason = SkipReasons.TooLarge;
        }

        EntryTime time = EntryTime.FromMilliseconds(modified, _nowUnixMs);
        return reason is not null
            ? EntryOutcome.Refuse(keyText, source, reason)
            : Prepare(keyText, ArtifactKey.Parse(keyText), payloads, time, new ArtifactOutcome
            {
                ExitCode = meta!.ExitCode,
                StandardOutput = meta.Stdout,
                StandardError = meta.Stderr,
                StoredAt = DateTimeOffset.FromUnixTimeMilliseconds(time.UnixMs),
                LastUsed = DateTimeOffset.FromUnixTimeMilliseconds(time.UnixMs),
                Provenance = ProvenanceOf(payloads),
            });
    }

    /// <summary>Whether a key without a row has a sound staged generation. Nothing of it is kept.</summary>
    public bool HasSoundGeneration(string keyText)
    {
        EntryPayloads payloads = new();
        try
        {
            return _staged.IsSound(ArtifactKey.Parse(keyText), keyText, payloads);
        }
        finally
        {
            payloads.Drop(_target);
        }
    }

    private static ArtifactProvenance ProvenanceOf(EntryPayloads payloads) =>
        payloads.IsDigestChecked ? ArtifactProvenance.DigestChecked : ArtifactProvenance.SizeChecked;

    private static bool HasLongNames(LegacyRow row) => row.Names.Count > FormatLimits.MaxPayloads
        || row.Names.Any(IsLong) || row.Verdicts.Any(static v => IsLong(v.Name));

    private static bool IsLong(string name) => name.Length * 3L > FormatLimits.MaxNameBytes
        && System.Text.Encoding.UTF8.GetByteCount(name) > FormatLimits.MaxNameBytes;

    private EntryOutcome ReadSoundRow(in ArtifactKey key, LegacyRow row, string index)
    {
        EntryTime time = EntryTime.FromSeconds(row.StoredAtSeconds, _nowUnixMs);
        ImportClaim claim = new(
            time.UnixMs, row.ExitCode, row.Names, row.Sizes, row.Stdout.Length, row.Stderr.Length);
        if (!_move && _target.Holds(key, claim))
        {
            return new EntryOutcome { Key = row.Key, Source = index, IsHeld = true };
        }

        EntryPayloads payloads = new();
        string? reason = ReadPayloads(key, row, index, payloads);
        if (reason is null)
        {
            return Prepare(row.Key, key, payloads, time, new ArtifactOutcome
            {
                ExitCode = row.ExitCode,
                StandardOutput = row.Stdout,
                StandardError = row.Stderr,
                Verdicts = row.Verdicts,
                StoredAt = DateTimeOffset.FromUnixTimeMilliseconds(time.UnixMs),
                LastUsed = DateTimeOffset.FromUnixTimeMilliseconds(time.UnixMs),
                Provenance = ProvenanceOf(payloads),
            });
        }

        payloads.Drop(_target);
        if (_move && _target.Holds(key, claim))
        {
            // An earlier run moved it, and was stopped between its files or before the index could go.
            return new EntryOutcome
            {
                Key = row.Key,
                Source = index,
                IsHeld = true,
                Files = _leftovers.Find(key, row, claim),
            };
        }

        return EntryOutcome.Refuse(row.Key, index, reason);
    }

    private string? ReadPayloads(in ArtifactKey key, LegacyRow row, string index, EntryPayloads into)
    {
        if (row.Sizes.Count == 0)
        {
            into.Source = index;
            return null;
        }

        if (_staged.Has(row.Key))
        {
            return _staged.Read(key, row, into);
        }

        string? pack = _pack.Read(key, row, into);
        if (pack is null)
        {
            return null;
        }

        into.Drop(_target);
        string? flat = _flat.Read(key, row, into);
        return flat is null ? null : pack != SkipReasons.Missing ? pack : flat;
    }

    private EntryOutcome Prepare(
        string keyText, in ArtifactKey key, EntryPayloads payloads, EntryTime time, ArtifactOutcome outcome)
    {
        ImportedPut put;
        try
        {
            put = _target.Prepare(new ImportedArtifact
            {
                Key = key,
                Outcome = outcome,
                Outputs = payloads.Outputs,
                OrderUnixMs = time.OrderUnixMs,
            });
        }
        catch (ArgumentException)
        {
            // Names and verdicts that no record can hold; its files were given back.
            return EntryOutcome.Refuse(keyText, payloads.Source, SkipReasons.TooLarge);
        }

        if (_move)
        {
            AddShadowed(keyText, payloads.Files);
        }

        return new EntryOutcome
        {
            Key = keyText,
            Source = payloads.Source,
            Put = put,
            Bytes = payloads.Bytes,
            Files = payloads.Files,
        };
    }

    // A .meta behind a row is a version that the old program itself had given up. Left behind without the row, it would
    // be taken for the entry by the next run.
    private void AddShadowed(string key, List<SourceFile> files)
    {
        string name = key + LegacyNames.MetaSuffix;
        if (_meta.Has(key) && !files.Any(f => f.Name == name))
        {
            files.Add(new SourceFile(LegacyNames.Artifacts, name, 0));
        }
    }
}
