using System.Text;
using PackStore.Migration.Legacy;

namespace PackStore.TestKit;

/// <summary>
/// One legacy cache root in the making: its files by relative path, with forward slashes, to be looked at, damaged, and
/// written to a directory.
/// </summary>
internal sealed class LegacyRootBuilder
{
    private const UnixFileMode FileMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private const UnixFileMode ReadOnlyMode = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private readonly SortedDictionary<string, LegacyRootFile> _files = new(StringComparer.Ordinal);
    private readonly List<LegacyRow> _rows = [];

    /// <summary>Everything put so far.</summary>
    public IReadOnlyDictionary<string, LegacyRootFile> Files => _files;

    /// <summary>The rows that <see cref="WriteIndex"/> writes.</summary>
    public IList<LegacyRow> Rows => _rows;

    /// <summary>Modification time of files put from now on, seconds since 1970.</summary>
    public long ModifiedSeconds { get; set; } = 1_760_000_000;

    /// <summary>Path of a flat payload.</summary>
    public static string FlatPath(string key, int output) => $"artifacts/{key}_{output}";

    /// <summary>Path of a staged generation's directory.</summary>
    public static string StagedPath(string key, string generation) => $"artifacts/.staged-v2/{key}/{generation}";

    /// <summary>Path of the digest file beside a file.</summary>
    public static string CowHashPath(string path)
    {
        int slash = path.LastIndexOf('/') + 1;
        return path[..slash] + CowHash.FileNameFor(path[slash..]);
    }

    /// <summary>Adds or replaces a file.</summary>
    public void Put(string path, ReadOnlySpan<byte> bytes, bool readOnly = false) =>
        _files[path] = new LegacyRootFile(bytes.ToArray(), readOnly ? ReadOnlyMode : FileMode, ModifiedSeconds);

    /// <summary>Takes a file away.</summary>
    public void Remove(string path)
    {
        if (!_files.Remove(path))
        {
            throw new ArgumentException($"There is no file {path}.", nameof(path));
        }
    }

    /// <summary>Adds an artifact: its files, and its row unless it is a <c>.meta</c>.</summary>
    public void Add(LegacyLayout layout, LegacyArtifact artifact)
    {
        switch (layout)
        {
            case LegacyLayout.MetaA or LegacyLayout.MetaB:
                LegacyMetaShape shape = layout == LegacyLayout.MetaA ? LegacyMetaShape.A : LegacyMetaShape.B;
                Put($"artifacts/{artifact.Key}.meta", LegacyEncoding.Meta(artifact.ToMeta(shape)));
                return;
            case LegacyLayout.Flat:
                PutFlat(artifact.Key, artifact.Payloads);
                break;
            case LegacyLayout.Pack:
                Put($"artifacts/{artifact.Key}.pack", LegacyEncoding.Pack(artifact.Payloads));
                break;
            case LegacyLayout.Staged:
                PutStaged(artifact.Key, artifact.Payloads);
                break;
            default:
                break;
        }

        _rows.Add(artifact.ToRow());
    }

    /// <summary>Puts flat payloads, with digest files if asked for.</summary>
    public void PutFlat(string key, IReadOnlyList<byte[]> payloads, bool cowHashes = false)
    {
        for (int i = 0; i < payloads.Count; i++)
        {
            Put(FlatPath(key, i), payloads[i]);
            if (cowHashes)
            {
                PutCowHash(FlatPath(key, i));
            }
        }
    }

    /// <summary>Puts the digest file of a file that is there.</summary>
    public void PutCowHash(string path) => Put(CowHashPath(path), LegacyEncoding.CowHashOf(_files[path].Bytes));

    /// <summary>Puts a staged generation as the old program published it; its name.</summary>
    /// <param name="key">The artifact's key.</param>
    /// <param name="payloads">The outputs.</param>
    /// <param name="publish">Whether the pointer leads to it.</param>
    /// <param name="order">Order of the manifest's rows; null for that of the outputs.</param>
    public string PutStaged(
        string key, IReadOnlyList<byte[]> payloads, bool publish = true, IReadOnlyList<int>? order = null)
    {
        IReadOnlyList<(ulong Index, ulong Size, string Digest)> rows = LegacyEncoding.ManifestRows(payloads);
        rows = order is null ? rows : [.. order.Select(i => rows[i])];
        string generation = LegacyEncoding.Generation(key, rows);
        string place = StagedPath(key, generation);
        for (int i = 0; i < payloads.Count; i++)
        {
            Put($"{place}/output-{i}", payloads[i], readOnly: true);
            PutCowHash($"{place}/output-{i}");
        }

        Put($"{place}/manifest.bin", LegacyEncoding.Manifest(key, generation, rows));
        Put($"artifacts/.staged-v2/{key}/.publish.lock", []);
        Put("artifacts/.staged-v2/.store.lock", []);
        if (publish)
        {
            Put($"artifacts/.staged-v2/{key}.current", Encoding.ASCII.GetBytes(generation));
        }

        return generation;
    }

    /// <summary>Puts <c>index.bin</c> with the rows so far.</summary>
    public void WriteIndex(LegacyIndexShape shape) => Put("index.bin", LegacyEncoding.Index(shape, _rows));

    /// <summary>Writes all files below a directory, which is made if need be; <c>artifacts/</c> as well, empty or
    /// not.</summary>
    public void WriteTo(string directory)
    {
        Directory.CreateDirectory(Path.Combine(directory, "artifacts"));
        foreach ((string path, LegacyRootFile file) in _files)
        {
            string full = Path.Combine(directory, path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllBytes(full, file.Bytes);
            File.SetLastWriteTimeUtc(full, DateTimeOffset.FromUnixTimeSeconds(file.ModifiedSeconds).UtcDateTime);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(full, file.Mode);
            }
        }
    }
}

/// <summary>A file of a legacy root.</summary>
/// <param name="Bytes">Its content.</param>
/// <param name="Mode">Permission bits.</param>
/// <param name="ModifiedSeconds">Modification time, seconds since 1970.</param>
internal sealed record LegacyRootFile(byte[] Bytes, UnixFileMode Mode, long ModifiedSeconds);
