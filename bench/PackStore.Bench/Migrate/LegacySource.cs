using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace PackStore.Bench.Migrate;

/// <summary>A legacy cache of flat artifacts, one output each, with its <c>index.bin</c> of the newest shape.</summary>
internal static class LegacySource
{
    /// <summary>Writes it. Lengths vary from half to one and a half times the mean.</summary>
    public static long Write(string directory, int artifacts, int meanBytes)
    {
        string folder = Path.Join(directory, "artifacts");
        Directory.CreateDirectory(folder);
        Random random = new(4);
        byte[] bytes = new byte[meanBytes * 2];
        random.NextBytes(bytes);
        using FileStream index =
            new(Path.Join(directory, "index.bin"), FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
        WriteNumber(index, (ulong)artifacts);
        Span<byte> key = stackalloc byte[32];
        long total = 0;
        for (int i = 0; i < artifacts; i++)
        {
            random.NextBytes(key);
            string text = Convert.ToHexStringLower(key);
            int length = random.Next(meanBytes / 2, (meanBytes * 3 / 2) + 1);
            BinaryPrimitives.WriteInt32LittleEndian(bytes, i);
            using (FileStream file =
                new(Path.Join(folder, text + "_0"), FileMode.Create, FileAccess.Write, FileShare.None, 0))
            {
                file.Write(bytes, 0, length);
            }

            WriteRow(index, text, string.Create(CultureInfo.InvariantCulture, $"unit-{i}.o"), (ulong)length);
            total += length;
        }

        return total;
    }

    private static void WriteRow(FileStream index, string key, string name, ulong length)
    {
        WriteText(index, key);
        WriteNumber(index, 1);
        WriteText(index, name);
        WriteNumber(index, 1);
        WriteNumber(index, length);
        WriteText(index, "");
        WriteText(index, "warning: unused variable\n");
        index.Write(stackalloc byte[sizeof(int)]);
        WriteNumber(index, length);
        WriteNumber(index, 1_760_000_000);
        WriteNumber(index, 0);
        WriteNumber(index, 0);
    }

    private static void WriteText(FileStream index, string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        WriteNumber(index, (ulong)utf8.Length);
        index.Write(utf8);
    }

    private static void WriteNumber(FileStream index, ulong number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, number);
        index.Write(bytes);
    }
}
