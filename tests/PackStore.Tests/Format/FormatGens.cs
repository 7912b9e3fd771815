using FsCheck;
using FsCheck.Fluent;
using PackStore.Format;

namespace PackStore.Tests.Format;

/// <summary>Generators of every structure of the format, over the whole range of each field.</summary>
internal static class FormatGens
{
    public static readonly StoreIdentity Store =
        new(new Guid("00112233-4455-6677-8899-aabbccddeeff"), 1_735_689_600_000, 256 << 20, 0x0123_4567_89AB_CDEF);

    /// <summary>64 bits, the ends of the range often.</summary>
    public static Gen<ulong> Word { get; } = Gen.Frequency(
        (1, Gen.Elements(0UL, 1UL, ulong.MaxValue, 1UL << 63, (1UL << 63) - 1)),
        (4, from a in Gen.Choose(0, 0xFF_FFFF)
            from b in Gen.Choose(0, 0xFF_FFFF)
            from c in Gen.Choose(0, 0xFFFF)
            select ((ulong)a << 40) | ((ulong)b << 16) | (uint)c));

    public static Gen<long> Signed { get; } = Word.Select(word => (long)word);

    public static Gen<Guid> Id { get; } =
        from high in Word
        from low in Word
        select new Guid([.. BitConverter.GetBytes(high), .. BitConverter.GetBytes(low)]);

    public static Gen<int> SegmentId { get; } = Gen.Frequency(
        (1, Gen.Elements(1, FormatLimits.MaxSegmentId)), (3, Gen.Choose(1, FormatLimits.MaxSegmentId)));

    /// <summary>Offset of a line in a segment.</summary>
    public static Gen<long> Offset { get; } = Gen.Frequency(
        (1, Gen.Elements(0L, FormatLimits.MaxSegmentBytes - 64)),
        (3, Gen.Choose(0, (1 << 24) - 1).Select(line => (long)line << 6)));

    public static Gen<RecordLocation> Location { get; } =
        from segment in SegmentId
        from offset in Offset
        select new RecordLocation(segment, offset);

    public static Gen<ArtifactKey> Key { get; } =
        from length in Gen.Choose(1, ArtifactKey.MaxLength)
        from bytes in Bytes(length, length)
        select ArtifactKey.FromBytes(bytes);

    /// <summary>Names as nobody wants them.</summary>
    public static Gen<string> Name { get; } = Gen.Frequency(
        (2, Gen.Elements("", "/", "..", "../../etc/passwd", "\0", "a\0b", "gr\u00fc\u00df", "\U0001F600", " ")),
        (3, Gen.Elements("bin/app", "a.o", "lib\u00e9.so", "C:\\x").ArrayOf().Select(p => string.Join('|', p))));

    public static Gen<FormatFeatures> Features { get; } =
        from a in Word
        from b in Word
        from c in Word
        select new FormatFeatures(a, b, c);

    public static Gen<StoreIdentity> Identity { get; } =
        from id in Id
        from created in Signed
        from size in Signed
        from seed in Word
        from features in Features
        select new StoreIdentity(id, created, size, seed) { Features = features };

    public static Gen<SegmentHeader> SegmentHeader { get; } =
        from id in SegmentId
        from store in Identity
        from capacity in Gen.Choose(256, 1 << 30)
        from created in Signed
        from boot in Id
        from compatible in Word
        let features = new FormatFeatures(compatible, store.Features.ReadOnlyCompatible, 0)
        select new SegmentHeader(id, store with { Features = features }, capacity, created, boot);

    /// <summary>A trailer for a file of 2^30 bytes.</summary>
    public static Gen<SegmentTrailer> SegmentTrailer { get; } =
        from store in Id
        from id in SegmentId
        from footer in Gen.Choose(4, (1 << 24) - 4)
        from length in Gen.Choose(1, (1 << 24) - 1 - footer)
        select new SegmentTrailer(store, id, (long)footer << 6, (long)(footer + length) << 6);

    public static Gen<CheckpointRecord> Checkpoint { get; } =
        from id in Id
        from words in Word.ListOf(3)
        from boot in Id
        from clean in Gen.Elements(true, false)
        from counters in Signed.ListOf(4)
        from segments in CheckpointSegments
        select new CheckpointRecord(
            id, words[0], boot, words[1], words[2], clean,
            new StoreCounters(counters[0], counters[1], counters[2], counters[3]), segments);

    /// <summary>A snapshot header of <see cref="Store"/>.</summary>
    public static Gen<SnapshotHeader> Snapshot { get; } =
        from generation in Word
        from watermark in Location
        from sequence in Word
        from buckets in Gen.Choose(1, 1 << 30)
        from overflow in Gen.Choose(0, IndexControl.MaxOverflow)
        from entries in Gen.Choose(0, 7)
        select new SnapshotHeader(
            Store.StoreId, generation, watermark, sequence, buckets, overflow, (long)buckets * entries, Store.HashSeed);

    public static Gen<PayloadDescriptor> Descriptor { get; } =
        from place in Word
        from encoding in Gen.Elements(PayloadEncoding.Raw, PayloadEncoding.Zstd)
        from tier in Gen.Elements(PayloadTier.Pack, PayloadTier.Loose)
        from shares in Gen.Elements(true, false)
        from stored in Signed
        from length in Signed
        from sum in Word
        select new PayloadDescriptor((uint)place, encoding, tier, shares, stored, length, sum);

    public static Gen<RecordMetadata> Metadata { get; } =
        from stored in Signed
        from exit in Signed
        from provenance in Gen.Elements(Enum.GetValues<ArtifactProvenance>())
        from names in Name.ArrayOf()
        from modes in Mode.ListOf(names.Length)
        from verdicts in Verdict.ArrayOf()
        from extra in Bytes(0, 100)
        select new RecordMetadata
        {
            StoredAtUnixMs = stored,
            ExitCode = (int)exit,
            Provenance = provenance,
            Names = names,
            Modes = [.. modes],
            Verdicts = verdicts,
            Extra = extra,
        };

    public static Gen<SampleRecord> Record { get; } =
        from key in Key
        from sequence in Word
        from metadata in Metadata
        from outputs in Bytes(0, 200).ListOf(metadata.Names.Count)
        from streams in Bytes(0, 100).ListOf(2)
        from present in Gen.Choose(0, 3)
        select new SampleRecord(key, sequence, metadata, [.. outputs])
        {
            StandardOutput = (present & 1) != 0 ? streams[0] : null,
            StandardError = (present & 2) != 0 ? streams[1] : null,
        };

    /// <summary>Entries as a segment has them, sorted by hash.</summary>
    public static Gen<DirectoryEntry[]> Entries { get; } =
        Entry.ArrayOf().Select(entries => entries.OrderBy(e => e.Hash).ThenBy(e => e.Sequence).ToArray());

    private static Gen<CheckpointSegment[]> CheckpointSegments => (
        from id in SegmentId
        from isSealed in Gen.Elements(true, false)
        from ends in Signed.ListOf(4)
        select new CheckpointSegment(id, isSealed, ends[0], ends[1], ends[2], ends[3])).ArrayOf();

    private static Gen<UnixFileMode?> Mode =>
        Gen.Choose(-1, 0xFFF).Select(mode => mode < 0 ? (UnixFileMode?)null : (UnixFileMode)mode);

    private static Gen<ArtifactVerdict> Verdict =>
        from name in Name
        from exit in Signed
        from output in Bytes(0, 40)
        from error in Bytes(0, 40)
        select new ArtifactVerdict
        {
            Name = name,
            ExitCode = (int)exit,
            StandardOutput = output,
            StandardError = error,
        };

    private static Gen<DirectoryEntry> Entry =>
        from hash in Word
        from sequence in Word
        from offset in Offset
        from length in Gen.Choose(1, (1 << 24) - 1)
        from kind in Gen.Elements(RecordKind.Artifact, RecordKind.Tombstone)
        from loose in Gen.Elements(true, false)
        from payloads in Gen.Choose(0, DirectoryBlock.ManyPayloads)
        select new DirectoryEntry(hash, sequence, offset, length << 6, kind, loose, payloads);

    /// <summary>Bytes without structure; a third of them mostly zero, so that counts and lengths are small.</summary>
    public static Gen<byte[]> Bytes(int least, int most) =>
        from length in Gen.Choose(least, most)
        from seed in Gen.Choose(0, int.MaxValue)
        select MakeBytes(length, seed);

    private static byte[] MakeBytes(int length, int seed)
    {
        byte[] bytes = new byte[length];
        Random random = new(seed);
        random.NextBytes(bytes);
        for (int i = 0; seed % 3 == 0 && i < length; i++)
        {
            bytes[i] = random.Next(8) == 0 ? bytes[i] : (byte)0;
        }

        return bytes;
    }
}
