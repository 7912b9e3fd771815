using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using PackStore.Migration.Legacy;
using PackStore.TestKit;

namespace PackStore.Tests.Migration.Job;

/// <summary>What is done to one entry of a generated cache after it was written.</summary>
internal enum EntryDamage
{
    None,
    LoseFile,
    ShortenFile,
    FlipByte,
    OddKey,
    BadTotal,
}

/// <summary>One entry of a generated cache: which key, where, how it is kept, and what is wrong with it.</summary>
internal sealed record TreeEntry(
    int Key, int Root, LegacyLayout Layout, int Outputs, int Length, int Age, EntryDamage Damage, bool Digests);

/// <summary>Caches made at random, in up to three roots of one directory, where keys meet each other.</summary>
internal static class LegacyTree
{
    /// <summary>The roots, in the order in which they are found.</summary>
    public static string[] Roots { get; } = ["v2.0.0", "v1.0.0", ""];

    public static Arbitrary<TreeEntry[]> Arbitrary { get; } = MakeEntry().ArrayOf().ToArbitrary();

    /// <summary>Writes all of them; within one root the first entry of a key stands.</summary>
    public static IReadOnlyList<TreeEntry> Write(string directory, TreeEntry[] entries, LegacyIndexShape shape)
    {
        List<TreeEntry> written = [];
        for (int r = 0; r < Roots.Length; r++)
        {
            LegacyRootBuilder root = new();
            foreach (TreeEntry entry in entries.Where(e => e.Root == r).DistinctBy(static e => e.Key))
            {
                Add(root, entry);
                if (!IsMeta(entry) || entry.Damage != EntryDamage.LoseFile)
                {
                    // A blob that is gone is no entry at all.
                    written.Add(entry);
                }
            }

            root.WriteIndex(shape);
            root.WriteTo(Path.Combine(directory, Roots[r]));
        }

        return written;
    }

    /// <summary>What the cache holds of an entry.</summary>
    public static LegacyArtifact ArtifactOf(TreeEntry entry) => MigrationBench.Artifact(
        string.Create(CultureInfo.InvariantCulture, $"{entry.Key}.{entry.Root}.{entry.Length}"),
        [.. Enumerable.Range(0, entry.Layout == LegacyLayout.RowOnly ? 0 : entry.Outputs)
            .Select(i => entry.Length * (i + 1) % 5000)])
        with
    {
        Key = KeyOf(entry),
        StoredAtSeconds = MigrationBench.StoredAt - ((ulong)entry.Age * 3600),
    };

    /// <summary>Whether it can be brought in.</summary>
    public static bool IsSound(TreeEntry entry)
    {
        bool hasFiles = entry.Layout is not LegacyLayout.RowOnly && (IsMeta(entry) || entry.Outputs > 0);
        return entry.Damage switch
        {
            EntryDamage.None => true,
            EntryDamage.OddKey => false,
            EntryDamage.BadTotal => IsMeta(entry),
            EntryDamage.FlipByte => !hasFiles || !IsSeen(entry),
            // A file of no bytes cannot become shorter.
            EntryDamage.ShortenFile => !hasFiles || LengthOfFirst(entry) == 0,
            _ => !hasFiles,
        };
    }

    /// <summary>Whether an entry that is not sound cannot be told from one that is: flat bytes and blobs without a
    /// digest are what they are.</summary>
    public static bool IsUnseen(TreeEntry entry) => entry.Damage == EntryDamage.FlipByte && !IsSeen(entry);

    public static string KeyOf(TreeEntry entry)
    {
        string key = MigrationBench.Key(entry.Key.ToString(CultureInfo.InvariantCulture));
        return entry.Damage == EntryDamage.OddKey ? key[1..] : key;
    }

    private static bool IsMeta(TreeEntry entry) => entry.Layout is LegacyLayout.MetaA or LegacyLayout.MetaB;

    private static bool IsSeen(TreeEntry entry) =>
        LengthOfFirst(entry) > 0
            && (entry.Layout == LegacyLayout.Staged || (entry.Digests && entry.Layout != LegacyLayout.Staged));

    private static int LengthOfFirst(TreeEntry entry) => IsMeta(entry) || entry.Layout == LegacyLayout.Pack
        ? int.MaxValue
        : entry.Outputs == 0 ? 0 : entry.Length % 5000;

    private static void Add(LegacyRootBuilder root, TreeEntry entry)
    {
        LegacyArtifact artifact = ArtifactOf(entry);
        int rows = root.Rows.Count;
        root.Add(entry.Layout, artifact);
        string? file = FirstFile(root, entry, artifact);
        if (file is not null && entry.Digests && entry.Layout != LegacyLayout.Staged)
        {
            root.PutCowHash(file);
        }

        if (entry.Damage == EntryDamage.BadTotal && root.Rows.Count > rows)
        {
            root.Rows[rows] = root.Rows[rows] with { TotalSize = root.Rows[rows].TotalSize + 1 };
        }

        if (file is null || root.Files[file].Bytes is not { } bytes)
        {
            return;
        }

        switch (entry.Damage)
        {
            case EntryDamage.LoseFile:
                root.Remove(file);
                break;
            case EntryDamage.ShortenFile when bytes.Length > 0:
                root.Put(file, bytes.AsSpan(0, bytes.Length - 1));
                break;
            case EntryDamage.FlipByte when bytes.Length > 0:
                // The last byte: that of a payload, not of a length, in all layouts but the blob, where it is the exit
                // code.
                bytes = [.. bytes];
                bytes[^1] ^= 1;
                root.Put(file, bytes);
                break;
        }
    }

    private static string? FirstFile(LegacyRootBuilder root, TreeEntry entry, LegacyArtifact artifact) =>
        entry.Layout switch
        {
            LegacyLayout.MetaA or LegacyLayout.MetaB => $"artifacts/{artifact.Key}.meta",
            LegacyLayout.Pack => entry.Outputs == 0 ? null : $"artifacts/{artifact.Key}.pack",
            LegacyLayout.Flat => entry.Outputs == 0 ? null : LegacyRootBuilder.FlatPath(artifact.Key, 0),
            LegacyLayout.Staged => entry.Outputs == 0 ? null : root.Files.Keys.Single(p =>
                p.Contains(artifact.Key, StringComparison.Ordinal)
                    && p.EndsWith("/output-0", StringComparison.Ordinal)),
            _ => null,
        };

    private static Gen<TreeEntry> MakeEntry() =>
        from key in Gen.Choose(0, 12)
        from root in Gen.Choose(0, 2)
        from layout in Gen.Elements(Enum.GetValues<LegacyLayout>())
        from outputs in Gen.Choose(0, 3)
        from length in Gen.Choose(0, 4000)
        from age in Gen.Choose(0, 50)
        from damage in Gen.Frequency((5, Gen.Constant(EntryDamage.None)),
            (3, Gen.Elements(Enum.GetValues<EntryDamage>())))
        from digests in Gen.Elements(true, false)
        select new TreeEntry(key, root, layout, outputs, length, age, damage, digests);
}
