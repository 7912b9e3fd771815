using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using PackStore.Engine.Opening;
using PackStore.Format;
using PackStore.Loose;
using PackStore.Segments;
using PackStore.Storage;

namespace PackStore.Engine.Importing;

/// <summary>What an import would do, to a store that is open, perhaps read-only, or to one that is not there yet. Keeps
/// forty bytes an artifact and nothing on disk.</summary>
/// <param name="engine">The store; <see langword="null"/> if there is none.</param>
internal sealed class PlanImport(StoreEngine? engine) : IImportTarget
{
    private readonly PackStoreOptions _options = engine?.Core.Options ?? new PackStoreOptions();
    private readonly ImportLookup? _lookup = engine is null ? null : new ImportLookup(engine);

    // Guards the dictionary.
    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, Planned> _planned = [];
    private long _neededBytes;

    /// <inheritdoc/>
    public long LooseFrom => _options.LooseThresholdBytes;

    /// <inheritdoc/>
    public long MaxRecordLength => SegmentAppender.MaxRecordLength(
        _options.SegmentSizeBytes ?? engine?.Core.Identity.SegmentSizeBytes ?? IdentityStore.DefaultSegmentBytes);

    /// <inheritdoc/>
    public long NeededBytes => Interlocked.Read(ref _neededBytes);

    /// <inheritdoc/>
    public bool Holds(in ArtifactKey key, in ImportClaim claim) => _lookup?.Holds(key, claim) == true;

    /// <inheritdoc/>
    public bool HoldsPayload(in ArtifactKey key, in ImportClaim claim, int index, long length, ulong checksum) =>
        _lookup?.HoldsPayload(key, claim, index, length, checksum) == true;

    /// <summary>Reads the file, and makes nothing of it.</summary>
    public LooseFile TakeFile(
        in ArtifactKey key, int index, IStoreFile source, long offset, long length, string? linkFrom,
        PayloadObserver observe)
    {
        XxHash3 hash = new();
        bool isWhole = LooseHash.TryVisit(source, offset, length, bytes =>
        {
            hash.Append(bytes);
            observe(bytes);
        });
        return isWhole
            ? new LooseFile("", DescribeLoose(length, hash.GetCurrentHashAsUInt64()), Charged: 0)
            : throw new IOException($"{source.Name} changed while it was read.");
    }

    /// <inheritdoc/>
    public void Drop(in LooseFile file)
    {
        // Nothing was made.
    }

    /// <inheritdoc/>
    public ImportedPut Prepare(ImportedArtifact artifact)
    {
        List<StoredPayload> parts = [.. artifact.Outputs.Select(o => o.File is { } file
            ? new StoredPayload(file.Descriptor, default)
            : Describe(o.Bytes))];
        RecordFlags streams = RecordFlags.None;
        foreach ((ReadOnlyMemory<byte> bytes, RecordFlags flag) in new[]
            {
                (artifact.Outcome.StandardOutput, RecordFlags.StandardOutput),
                (artifact.Outcome.StandardError, RecordFlags.StandardError),
            })
        {
            if (!bytes.IsEmpty)
            {
                parts.Add(Describe(bytes));
                streams |= flag;
            }
        }

        RecordMetadata metadata = new()
        {
            StoredAtUnixMs = artifact.Outcome.StoredAt!.Value.ToUnixTimeMilliseconds(),
            ExitCode = artifact.Outcome.ExitCode,
            Provenance = artifact.Outcome.Provenance,
            Names = [.. artifact.Outputs.Select(static o => o.Name)],
            Modes = [.. artifact.Outputs.Select(static o => o.Mode)],
            Verdicts = artifact.Outcome.Verdicts,
        };
        PreparedRecord record = Encode(artifact.Key, metadata, parts, streams);
        return new ImportedPut(artifact.Key, artifact.OrderUnixMs, record, null);
    }

    /// <inheritdoc/>
    public void Append(IReadOnlyList<ImportedPut> puts)
    {
        foreach (ImportedPut put in puts)
        {
            put.Verdict = Judge(put);
            if (put.Verdict is ImportVerdict.Imported or ImportVerdict.Replaced)
            {
                Interlocked.Add(ref _neededBytes, put.Record.RecordLength + put.Record.Loose.Bytes);
            }
        }
    }

    /// <inheritdoc/>
    public void Own(in ArtifactKey key)
    {
        // Nothing was linked.
    }

    /// <inheritdoc/>
    public void Flush()
    {
        // Nothing was appended.
    }

    private ImportVerdict Judge(ImportedPut put)
    {
        if (_lookup?.IsPending(put.Key) == true)
        {
            return ImportVerdict.Older;
        }

        ReadOnlyMemory<byte> front = put.Record.Front;
        Planned plan = new(put.OrderUnixMs, ContentOf(front.Span));
        ulong hash = XxHash3.HashToUInt64(put.Key.Bytes);
        lock (_lock)
        {
            if (_planned.TryGetValue(hash, out Planned earlier))
            {
                put.Differs = earlier.Content != plan.Content;
                bool wins = put.Differs && earlier.OrderUnixMs < plan.OrderUnixMs;
                _planned[hash] = wins ? plan : earlier;
                return wins ? ImportVerdict.Replaced : put.Differs ? ImportVerdict.Older : ImportVerdict.Same;
            }

            if (_lookup?.Look(put.Key, (record, header) => (RecordContent.IsSame(front.Span, record),
                RecordContent.StoredAt(record, header)), out (bool Same, long StoredAt) there) == true)
            {
                put.Differs = !there.Same;
                if (there.Same || there.StoredAt >= put.OrderUnixMs)
                {
                    return there.Same ? ImportVerdict.Same : ImportVerdict.Older;
                }
            }

            _planned.Add(hash, plan);
            return ImportVerdict.Imported;
        }
    }

    // Payloads that make the record too long go to the loose tier, the longest first, as in a put.
    private PreparedRecord Encode(
        in ArtifactKey key, RecordMetadata metadata, List<StoredPayload> parts, RecordFlags streams)
    {
        long metadataLength = metadata.Measure();
        while (true)
        {
            if (PreparedRecord.TryEncode(key, 0, metadata, metadataLength,
                System.Runtime.InteropServices.CollectionsMarshal.AsSpan(parts), streams, 0,
                    MaxRecordLength) is { } record)
            {
                return record;
            }

            int longest = -1;
            for (int i = 0; i < parts.Count; i++)
            {
                if (parts[i].Descriptor.Tier == PayloadTier.Pack
                    && (longest < 0 || parts[i].Descriptor.Length > parts[longest].Descriptor.Length))
                {
                    longest = i;
                }
            }

            if (longest < 0)
            {
                throw new ArgumentException($"The metadata takes {metadataLength} bytes.");
            }

            PayloadDescriptor spilled = parts[longest].Descriptor;
            parts[longest] = new StoredPayload(DescribeLoose(spilled.Length, spilled.Checksum), default);
        }
    }

    private StoredPayload Describe(ReadOnlyMemory<byte> bytes)
    {
        ulong checksum = Checksum.Of(bytes.Span);
        return bytes.Length >= LooseFrom
            ? new StoredPayload(DescribeLoose(bytes.Length, checksum), default)
            : new StoredPayload(
                new PayloadDescriptor(0, PayloadEncoding.Raw, PayloadTier.Pack, false, bytes.Length, bytes.Length,
                    checksum),
                new ReadOnlySequence<byte>(bytes));
    }

    private static PayloadDescriptor DescribeLoose(long length, ulong checksum) =>
        new(0, PayloadEncoding.Raw, PayloadTier.Loose, false, length, length, checksum);

    private static ulong ContentOf(ReadOnlySpan<byte> record)
    {
        RecordHeader header = RecordHeader.ReadUnchecked(record);
        XxHash3 hash = new();
        Span<byte> pair = stackalloc byte[2 * sizeof(long)];
        for (int i = 0; i < header.DescriptorCount; i++)
        {
            PayloadDescriptor payload = RecordBody.ReadDescriptor(record, header.KeyLength, i);
            BinaryPrimitives.WriteInt64LittleEndian(pair, payload.Length);
            BinaryPrimitives.WriteUInt64LittleEndian(pair[sizeof(long)..], payload.Checksum);
            hash.Append(pair);
        }

        ReadOnlySpan<byte> metadata = record.Slice(
            (int)RecordBody.MetadataOffset(header.KeyLength, header.DescriptorCount), header.MetadataLength);
        hash.Append(metadata.Slice(RecordMetadataLayout.ExitCodeOffset, RecordMetadataLayout.ExitCodeSize));
        hash.Append(metadata[RecordMetadataLayout.VerdictCountOffset..]);
        return hash.GetCurrentHashAsUInt64();
    }

    private readonly record struct Planned(long OrderUnixMs, ulong Content);
}
