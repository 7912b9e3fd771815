using PackStore.Migration.Legacy;
using PackStore.Migration.Legacy.Hashing;

namespace PackStore.TestKit;

/// <summary>Encoders of every legacy layout but redb: what the library reads, written as the old programs wrote
/// it.</summary>
internal static class LegacyEncoding
{
    /// <summary><c>index.bin</c>.</summary>
    public static byte[] Index(LegacyIndexShape shape, IReadOnlyCollection<LegacyRow> rows) =>
        new BincodeBuilder().Sequence(rows, (to, row) => Row(to.Text(row.Key), shape, row)).ToArray();

    /// <summary>A row without its key; as R1 also the value of a row of <c>index.redb</c>.</summary>
    public static byte[] Row(LegacyIndexShape shape, LegacyRow row)
    {
        BincodeBuilder to = new();
        Row(to, shape, row);
        return to.ToArray();
    }

    /// <summary><c>KEY.meta</c> of either shape.</summary>
    public static byte[] Meta(LegacyMeta meta) => new BincodeBuilder()
        .Sequence(meta.Outputs, (to, output) =>
        {
            to.Text(output.Name);
            (meta.Shape == LegacyMetaShape.B ? to.U32(0) : to).Blob(output.Data.Span);
        })
        .Blob(meta.Stdout.Span).Blob(meta.Stderr.Span).I32(meta.ExitCode).ToArray();

    /// <summary>A <c>KEY.meta</c> of shape B whose payloads are paths.</summary>
    public static byte[] MetaWithPaths(IReadOnlyCollection<(string Name, string Path)> outputs) => new BincodeBuilder()
        .Sequence(outputs, (to, output) => to.Text(output.Name).U32(1).Text(output.Path))
        .Blob([]).Blob([]).I32(0).ToArray();

    /// <summary><c>KEY.pack</c>: payloads one behind the other.</summary>
    public static byte[] Pack(IReadOnlyList<byte[]> payloads)
    {
        BincodeBuilder to = new BincodeBuilder().Raw("ZCPK"u8).U32((uint)payloads.Count);
        ulong at = 8 + (16 * (ulong)payloads.Count);
        foreach (byte[] payload in payloads)
        {
            to.U64(at).U64((ulong)payload.Length);
            at += (ulong)payload.Length;
        }

        foreach (byte[] payload in payloads)
        {
            to.Raw(payload);
        }

        return to.ToArray();
    }

    /// <summary><c>manifest.bin</c>.</summary>
    public static byte[] Manifest(
        string key, string generation, IReadOnlyCollection<(ulong Index, ulong Size, string Digest)> rows,
        uint version = 1) =>
        new BincodeBuilder().U32(version).Text(key).Text(generation)
            .Sequence(rows, (to, row) => to.U64(row.Index).U64(row.Size).Text(row.Digest)).ToArray();

    /// <summary>The generation of a key and rows, in this order.</summary>
    public static string Generation(string key, IReadOnlyCollection<(ulong Index, ulong Size, string Digest)> rows)
    {
        BincodeBuilder to = new BincodeBuilder().Raw(System.Text.Encoding.UTF8.GetBytes(key));
        foreach ((ulong index, ulong size, string digest) in rows)
        {
            to.U64(index).U64(size).Raw(System.Text.Encoding.ASCII.GetBytes(digest));
        }

        return Blake3.HashData(to.ToArray()).ToString();
    }

    /// <summary>The rows of a manifest for payloads, in their order.</summary>
    public static IReadOnlyList<(ulong Index, ulong Size, string Digest)> ManifestRows(
        IReadOnlyList<byte[]> payloads) =>
        [.. payloads.Select((p, i) => ((ulong)i, (ulong)p.Length, Blake3.HashData(p).ToString()))];

    /// <summary>The payload of an output that is a directory.</summary>
    public static byte[] DirectoryBundle(DirectoryBundle bundle) => new BincodeBuilder()
        .U32(bundle.RootMode).U64(bundle.RootModified.Seconds).U32(bundle.RootModified.Nanoseconds)
        .Sequence(bundle.Entries, (to, entry) => to
            .Text(entry.Path).U32(entry.IsFile ? 1U : 0).Blob(entry.Data.Span).U32(entry.Mode)
            .U64(entry.Modified.Seconds).U32(entry.Modified.Nanoseconds))
        .ToArray();

    /// <summary><c>snapshot.json</c>.</summary>
    public static byte[] Snapshot(string compatibility, byte[] index) => System.Text.Encoding.UTF8.GetBytes(
        $$"""{"schema": 1, "compatibility": "{{compatibility}}", "index_digest": "{{Blake3.HashData(index)}}"}""");

    /// <summary>A <c>.cowhash-*</c> file: 32 raw bytes.</summary>
    public static byte[] CowHashOf(ReadOnlySpan<byte> blob)
    {
        byte[] bytes = new byte[Blake3Digest.Size];
        Blake3.HashData(blob).CopyTo(bytes);
        return bytes;
    }

    private static void Row(BincodeBuilder to, LegacyIndexShape shape, LegacyRow row)
    {
        to.Sequence(row.Names, (b, name) => b.Text(name)).Sequence(row.Sizes, (b, size) => b.U64(size))
            .Blob(row.Stdout.Span).Blob(row.Stderr.Span).I32(row.ExitCode).U64(row.TotalSize).U64(row.StoredAtSeconds);
        if (shape >= LegacyIndexShape.R2)
        {
            to.Sequence(row.Verdicts, (b, v) => b
                .Text(v.Name).Blob(v.StandardOutput.Span).Blob(v.StandardError.Span).I32(v.ExitCode));
        }

        if (shape >= LegacyIndexShape.R3)
        {
            to.Sequence(row.Modes, (b, mode) => b.U32(mode));
        }
    }
}
