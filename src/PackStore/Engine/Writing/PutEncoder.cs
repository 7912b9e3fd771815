using System.Buffers;
using PackStore.Engine.Importing;
using PackStore.Format;
using PackStore.Loose;
using PackStore.Payloads;
using PackStore.Segments;
using PackStore.Storage;

namespace PackStore.Engine.Writing;

/// <summary>Prepares a put without a lock: picks each payload's tier, checksums, compresses, and encodes the
/// record.</summary>
internal sealed class PutEncoder(StoreCore core, long maxRecordLength)
{
    private readonly long _looseFrom = core.Options.LooseThresholdBytes;

    /// <summary>Makes a put ready. Reads files; on failure nothing is left behind. No payload is a pipe.</summary>
    /// <param name="key">The key.</param>
    /// <param name="outcome">Streams and the rest.</param>
    /// <param name="payloads">The outputs.</param>
    /// <param name="keepPending">Whether pending files are only checksummed: the record is then one for memory.</param>
    public EncodedPut Encode(
        in ArtifactKey key, ArtifactOutcome outcome, IReadOnlyList<ArtifactPayload> payloads, bool keepPending)
    {
        EncodedPut put = new(core.Loose);
        try
        {
            PutParts parts = new(payloads.Count);
            for (int i = 0; i < payloads.Count; i++)
            {
                StagePlain(put, key, payloads, i, parts, keepPending);
            }

            EncodeRecord(put, key, outcome, parts, keepPending);
            return put;
        }
        catch
        {
            put.Dispose();
            throw;
        }
    }

    /// <summary>Makes a put ready that reads pipes; otherwise as <see cref="Encode"/>.</summary>
    public async ValueTask<EncodedPut> EncodeAsync(
        ArtifactKey key, ArtifactOutcome outcome, IReadOnlyList<ArtifactPayload> payloads,
            CancellationToken cancellationToken)
    {
        EncodedPut put = new(core.Loose);
        try
        {
            PutParts parts = new(payloads.Count);
            for (int i = 0; i < payloads.Count; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (payloads[i].Kind == PayloadSourceKind.Pipe)
                {
                    parts.Names[i] = payloads[i].Name;
                    parts.Modes[i] = payloads[i].Mode;
                    parts.Staged[i] = await PipeStager.StageAsync(this, put, key, i, payloads[i], cancellationToken)
                        .ConfigureAwait(false);
                }
                else
                {
                    StagePlain(put, key, payloads, i, parts, keepPending: false);
                }
            }

            EncodeRecord(put, key, outcome, parts, forMemory: false);
            return put;
        }
        catch
        {
            put.Dispose();
            throw;
        }
    }

    /// <summary>Makes a put ready whose payloads a caller has written.</summary>
    public EncodedPut EncodeStaged(in ArtifactKey key, ArtifactOutcome outcome, IReadOnlyList<StagedOutput> outputs)
    {
        EncodedPut put = new(core.Loose);
        try
        {
            PutParts parts = new(outputs.Count);
            for (int i = 0; i < outputs.Count; i++)
            {
                parts.Names[i] = outputs[i].Name;
                parts.Modes[i] = outputs[i].Mode;
                parts.Staged[i] = outputs[i].Finish(put);
            }

            EncodeRecord(put, key, outcome, parts, forMemory: false);
            return put;
        }
        catch
        {
            put.Dispose();
            throw;
        }
    }

    /// <summary>Makes an artifact of a foreign store ready; its loose files are given back if that fails.</summary>
    public EncodedPut EncodeImported(ImportedArtifact artifact)
    {
        EncodedPut put = new(core.Loose);
        try
        {
            PutParts parts = new(artifact.Outputs.Count);
            foreach (ImportedOutput output in artifact.Outputs)
            {
                if (output.File is { } file)
                {
                    put.AddLooseFile(file.Name, file.Charged);
                }
            }

            for (int i = 0; i < artifact.Outputs.Count; i++)
            {
                ImportedOutput output = artifact.Outputs[i];
                parts.Names[i] = output.Name;
                parts.Modes[i] = output.Mode;
                parts.Staged[i] = output.File is { } file
                    ? new StoredPayload(file.Descriptor, ReadOnlySequence<byte>.Empty)
                    : StageBytes(put, artifact.Key, i, new ReadOnlySequence<byte>(output.Bytes), PayloadEncoding.Raw);
            }

            EncodeRecord(put, artifact.Key, artifact.Outcome, parts, forMemory: false);
            return put;
        }
        catch
        {
            put.Dispose();
            throw;
        }
    }

    /// <summary>Decides where bytes in memory go.</summary>
    internal StoredPayload StageBytes(
        EncodedPut put, in ArtifactKey key, int index, in ReadOnlySequence<byte> bytes, PayloadEncoding encoding)
    {
        if (bytes.Length >= _looseFrom)
        {
            return StageLoose(put, key, index, new StoredPayload(default, bytes));
        }

        if (encoding == PayloadEncoding.Zstd && PayloadCodec.TryCompress(bytes) is { } compressed)
        {
            PayloadDescriptor d = new(
                0, PayloadEncoding.Zstd, PayloadTier.Pack, false, compressed.Length, bytes.Length,
                    Checksum.Of(compressed));
            return new StoredPayload(d, new ReadOnlySequence<byte>(compressed));
        }

        ulong checksum = LooseHash.Of(bytes);
        return new StoredPayload(
            new PayloadDescriptor(0, PayloadEncoding.Raw, PayloadTier.Pack, false, bytes.Length, bytes.Length,
                checksum), bytes);
    }

    /// <summary>Notes a loose file that a writer has finished.</summary>
    internal static StoredPayload StageFinished(EncodedPut put, in LooseFile file)
    {
        put.AddLooseFile(file.Name, file.Charged);
        return new StoredPayload(file.Descriptor, ReadOnlySequence<byte>.Empty);
    }

    /// <summary>Starts a loose file.</summary>
    internal LooseWriter CreateLooseWriter(in ArtifactKey key) => core.Loose.CreateWriter(key);

    /// <summary>Length from which a payload goes to the loose tier.</summary>
    internal long LooseFrom => _looseFrom;

    private StoredPayload StageLoose(EncodedPut put, in ArtifactKey key, int index, in StoredPayload payload)
    {
        using LooseWriter writer = core.Loose.CreateWriter(key);
        writer.Write(payload.Bytes);
        StoredPayload staged = StageFinished(put, writer.Finish(index));
        // A compressed payload that spills keeps its encoding.
        return payload.Descriptor.Encoding == PayloadEncoding.Zstd
            ? staged with
            {
                Descriptor = staged.Descriptor with
                {
                    Encoding = PayloadEncoding.Zstd,
                    Length = payload.Descriptor.Length,
                },
            }
            : staged;
    }

    private StoredPayload StageFile(
        EncodedPut put, in ArtifactKey key, int index, ArtifactPayload payload, ref UnixFileMode? mode)
    {
        long length;
        using (IStoreFile file = core.Directory.OpenForeign(payload.Path!))
        {
            FileStamp stamp = file.Stat();
            length = stamp.Length;
            mode ??= stamp.Mode;
            if (payload.Adoption == FileAdoption.Auto && length < _looseFrom)
            {
                byte[] buffer = put.Rent(Math.Max(1, (int)length));
                int read = file.Read(0, buffer.AsSpan(0, (int)length));
                if (payload is { Kind: PayloadSourceKind.PendingFile, Encoding: PayloadEncoding.Zstd })
                {
                    (put.RawChecksums ??= [])[index] = Checksum.Of(buffer.AsSpan(0, read));
                }

                return read == length
                    ? StageBytes(put, key, index, new ReadOnlySequence<byte>(buffer, 0, read), payload.Encoding)
                    : throw new IOException(
                        $"{payload.Path} became shorter while it was read: {read} bytes, expected {length}.");
            }
        }

        FileAdoption adoption = payload.Adoption == FileAdoption.Auto ? FileAdoption.Reflink : payload.Adoption;
        return StageFinished(put, core.Loose.Adopter.Adopt(key, index, payload.Path!, adoption));
    }

    private StoredPayload StagePending(EncodedPut put, int count, int index, string path, ref UnixFileMode? mode)
    {
        using IStoreFile file = core.Directory.OpenForeign(path);
        FileStamp stamp = file.Stat();
        long length = stamp.Length;
        mode ??= stamp.Mode;
        if (!LooseHash.TryOf(file, length, out ulong checksum))
        {
            throw new IOException($"{path} became shorter while it was read.");
        }

        put.PendingPaths ??= new string?[count + 2];
        put.PendingPaths[index] = path;
        return new StoredPayload(
            new PayloadDescriptor(0, PayloadEncoding.Raw, PayloadTier.Pending, false, length, length, checksum),
            ReadOnlySequence<byte>.Empty);
    }

    private void StagePlain(
        EncodedPut put, in ArtifactKey key, IReadOnlyList<ArtifactPayload> payloads, int index, PutParts parts,
        bool keepPending)
    {
        ArtifactPayload payload = payloads[index];
        parts.Names[index] = payload.Name;
        parts.Modes[index] = payload.Mode;
        parts.Staged[index] = payload.Kind switch
        {
            PayloadSourceKind.Bytes => StageBytes(put, key, index, payload.Bytes, payload.Encoding),
            PayloadSourceKind.PendingFile when keepPending =>
                StagePending(put, payloads.Count, index, payload.Path!, ref parts.Modes[index]),
            _ => StageFile(put, key, index, payload, ref parts.Modes[index]),
        };
    }

    private void AddStream(
        EncodedPut put, in ArtifactKey key, ReadOnlyMemory<byte> bytes, RecordFlags flag, PutParts parts)
    {
        if (!bytes.IsEmpty)
        {
            int index = parts.Count;
            parts.AddStream(flag, StageBytes(put, key, index, new ReadOnlySequence<byte>(bytes), PayloadEncoding.Raw));
        }
    }

    /// <summary>Encodes; where the record is too long for a segment, the largest payloads go to the loose tier until it
    /// fits.</summary>
    private void EncodeRecord(EncodedPut put, in ArtifactKey key, ArtifactOutcome outcome, PutParts parts,
        bool forMemory)
    {
        ulong hash = core.HashOf(key);
        // Hardly ever in the cache; it comes while the record is made.
        core.State.Table.PrefetchForChange(hash);
        AddStream(put, key, outcome.StandardOutput, RecordFlags.StandardOutput, parts);
        AddStream(put, key, outcome.StandardError, RecordFlags.StandardError, parts);
        RecordMetadata metadata = new()
        {
            StoredAtUnixMs = (outcome.StoredAt ?? core.Options.TimeProvider.GetUtcNow()).ToUnixTimeMilliseconds(),
            ExitCode = outcome.ExitCode,
            Provenance = outcome.Provenance,
            Names = parts.Names,
            Modes = parts.Modes,
            Verdicts = outcome.Verdicts,
            Extra = outcome.Extra,
        };
        long metadataLength = metadata.Measure();
        long limit = forMemory ? Array.MaxLength / 2 : maxRecordLength;
        int hour = outcome.LastUsed is { } used ? core.HourOf(used) : core.Hour;
        hour = Math.Max(hour, core.HourOf(DateTimeOffset.FromUnixTimeMilliseconds(metadata.StoredAtUnixMs)));
        while (true)
        {
            ReadOnlySpan<StoredPayload> staged = parts.All;
            put.Record = RecordBody.MetadataOffset(key.Length, staged.Length) + metadataLength > limit
                ? null
                : PreparedRecord.TryEncode(
                    key, hash, metadata, metadataLength, staged, parts.Streams, hour, limit);
            if (put.Record is not null)
            {
                return;
            }

            int largest = parts.FindLargestInPack();
            if (largest < 0)
            {
                throw new ArgumentException(
                    $"Names, verdicts and extra bytes take {metadataLength} bytes; a record holds {limit}.",
                    nameof(outcome));
            }

            parts.Staged[largest] = StageLoose(put, key, largest, parts.Staged[largest]);
        }
    }
}
