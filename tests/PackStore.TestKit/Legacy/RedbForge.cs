using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using PackStore.Migration.Legacy;
using PackStore.Migration.Legacy.Redb;

namespace PackStore.TestKit;

/// <summary>
/// Makes small redb files out of nothing and gives damaged ones right checksums again, so that the checks behind
/// those are reached. That real files look like this is what the files of the real crate are for.
/// </summary>
internal sealed class RedbForge(int pageBytes = 512, int rowsPerLeaf = 3, int childrenPerBranch = 3)
{
    private const int SlotsOffset = 64;
    private const int MostSealed = 4096;

    private static readonly byte[] s_magic = [0x72, 0x65, 0x64, 0x62, 0x1A, 0x0A, 0xA9, 0x0D, 0x0A];

    // Base pages of the one region, which has one header page.
    private readonly List<byte> _data = [];

    /// <summary>A sealed file: the first slot is primary, with this transaction; the second is empty.</summary>
    public byte[] Build(
        ulong transaction, params ReadOnlySpan<(string Name, IReadOnlyList<(byte[] Key, byte[] Value)> Rows)> tables)
    {
        List<(byte[], byte[])> definitions = [];
        foreach ((string name, IReadOnlyList<(byte[] Key, byte[] Value)> rows) in tables)
        {
            definitions.Add((Encoding.UTF8.GetBytes(name), Definition((ulong)rows.Count, AddTree(rows))));
        }

        return Finish(transaction, AddTree(definitions), (ulong)definitions.Count);
    }

    /// <summary>A file whose only table is this many branches deep.</summary>
    public byte[] BuildDeep(int depth)
    {
        ulong page = AddPage(Leaf([("k"u8.ToArray(), "v"u8.ToArray())]));
        for (int i = 0; i < depth; i++)
        {
            ulong side = AddPage(Leaf([("k"u8.ToArray(), "v"u8.ToArray())]));
            page = AddPage(Branch([side, page]));
        }

        return Finish(1, AddTree([("artifacts"u8.ToArray(), Definition((ulong)depth + 1, page))]), 1);
    }

    /// <summary>A file whose only table is a branch with the same leaf twice.</summary>
    public byte[] BuildTwice()
    {
        ulong leaf = AddPage(Leaf([("k"u8.ToArray(), "v"u8.ToArray())]));
        ulong root = AddPage(Branch([leaf, leaf]));
        return Finish(1, AddTree([("artifacts"u8.ToArray(), Definition(2, root))]), 1);
    }

    /// <summary>Puts the magic and right checksums of all reachable pages and of both slots into a file.</summary>
    public static void Seal(Span<byte> file)
    {
        if (file.Length < RedbHeader.Size)
        {
            return;
        }

        s_magic.CopyTo(file);
        RedbGeometry geometry = new(
            BinaryPrimitives.ReadUInt32LittleEndian(file[12..]), BinaryPrimitives.ReadUInt32LittleEndian(file[16..]),
            BinaryPrimitives.ReadUInt32LittleEndian(file[20..]));
        int budget = MostSealed;
        for (int slot = 0; slot < 2; slot++)
        {
            Span<byte> bytes = file.Slice(SlotsOffset + (slot * RedbSlot.Size), RedbSlot.Size);
            if (bytes[1] != 0 && geometry is { PageBytes: >= 512 and <= 1 << 20, DataPages: <= 1 << 20 })
            {
                SealLink(file, geometry, bytes[8..], bytes[16..], isTableTree: true, ref budget);
            }

            BinaryPrimitives.WriteUInt128LittleEndian(bytes[112..], XxHash128.HashToUInt128(bytes[..112]));
        }
    }

    private static void SealLink(
        Span<byte> file, RedbGeometry geometry, Span<byte> number, Span<byte> checksum, bool isTableTree,
        ref int budget)
    {
        RedbLink link = new(BinaryPrimitives.ReadUInt64LittleEndian(number), 0);
        if (--budget < 0 || geometry.HeaderPages > 1 << 20
            || !geometry.TryPlace(link, file.Length, out LegacyRange place))
        {
            return;
        }

        Span<byte> page = file.Slice((int)place.Offset, (int)place.Length);
        long front = RedbPage.MeasureFront(page);
        if (front == 0 || front > page.Length
            || RedbPage.MeasureUsed(page[..(int)front]) is var used && used > page.Length)
        {
            return;
        }

        if (used >= front && RedbPage.TryMake(page[..(int)used].ToArray()) is { } read)
        {
            for (int i = 0; !read.IsLeaf && i < read.Count; i++)
            {
                SealLink(
                    file, geometry, page[(8 + (16 * read.Count) + (8 * i))..], page[(8 + (16 * i))..], isTableTree,
                    ref budget);
            }

            for (int i = 0; read.IsLeaf && isTableTree && i < read.Count; i++)
            {
                ReadOnlySpan<byte> value = read.Entry(i).Value.Span;
                int at = page[..(int)used].IndexOf(value);
                if (value.Length >= 64 && value[9] != 0)
                {
                    SealLink(file, geometry, page[(at + 10)..], page[(at + 18)..], isTableTree: false, ref budget);
                }
            }
        }

        BinaryPrimitives.WriteUInt128LittleEndian(checksum, XxHash128.HashToUInt128(page[..(int)Math.Max(used, 0)]));
    }

    private static byte[] Definition(ulong count, ulong? root) => new BincodeBuilder()
        .Raw([3]).U64(count).Raw([root is null ? (byte)0 : (byte)1])
        .U64(root ?? 0).U64(0).U64(0).U64(count)
        .Raw([0]).U32(0).Raw([0]).U32(0).U32(1).U32(1)
        .U32(5).Raw("\u0001&str"u8).Raw("\u0001&[u8]"u8).ToArray();

    private static byte[] Leaf((byte[] Key, byte[] Value)[] rows)
    {
        BincodeBuilder to = new BincodeBuilder().Raw([1, 0, (byte)rows.Length, (byte)(rows.Length >> 8)]);
        uint at = 4 + (8 * (uint)rows.Length);
        foreach (byte[] part in rows.Select(r => r.Key).Concat(rows.Select(r => r.Value)))
        {
            at += (uint)part.Length;
            to.U32(at);
        }

        foreach (byte[] part in rows.Select(r => r.Key).Concat(rows.Select(r => r.Value)))
        {
            to.Raw(part);
        }

        return to.ToArray();
    }

    private static byte[] Branch(ulong[] children)
    {
        int keys = children.Length - 1;
        BincodeBuilder to = new BincodeBuilder().Raw([2, 0, (byte)keys, (byte)(keys >> 8), 0, 0, 0, 0]);
        to.Raw(new byte[16 * children.Length]);
        foreach (ulong child in children)
        {
            to.U64(child);
        }

        for (int i = 0; i < keys; i++)
        {
            to.U32((uint)(8 + (24 * children.Length) + (4 * keys) + i + 1));
        }

        return to.Raw(new byte[keys]).ToArray();
    }

    private ulong? AddTree(IReadOnlyList<(byte[] Key, byte[] Value)> rows)
    {
        ulong[] level = [.. rows.Chunk(rowsPerLeaf).Select(part => AddPage(Leaf(part)))];
        while (level.Length > 1)
        {
            // A child that would be alone goes up as it is: a branch has two children or more.
            level = [.. level.Chunk(childrenPerBranch).Select(p => p.Length == 1 ? p[0] : AddPage(Branch(p)))];
        }

        return level.Length == 0 ? null : level[0];
    }

    // Places a page at the next multiple of its size; its number.
    private ulong AddPage(byte[] content)
    {
        int order = 0;
        while (pageBytes << order < content.Length)
        {
            order++;
        }

        int size = pageBytes << order;
        int at = (_data.Count + size - 1) / size * size;
        _data.AddRange(new byte[at + size - _data.Count]);
        for (int i = 0; i < content.Length; i++)
        {
            _data[at + i] = content[i];
        }

        return ((ulong)order << 59) | (uint)(at / size);
    }

    private byte[] Finish(ulong transaction, ulong? root, ulong tables)
    {
        byte[] slot = new BincodeBuilder()
            .Raw([3, root is null ? (byte)0 : (byte)1, 0, 0, 0, 0, 0, 0])
            .U64(root ?? 0).U64(0).U64(0).U64(tables).Raw(new byte[64]).U64(transaction).Raw(new byte[16]).ToArray();
        byte[] front = new BincodeBuilder()
            .Raw(s_magic).Raw([0, 0, 0]).U32((uint)pageBytes).U32(1).U32((uint)(_data.Count / pageBytes))
            .Raw(new byte[40]).Raw(slot).Raw(new byte[RedbSlot.Size]).ToArray();
        byte[] file = [.. front, .. new byte[(2 * pageBytes) - front.Length], .. _data];
        Seal(file);
        return file;
    }
}
