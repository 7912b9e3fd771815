using System.Buffers.Binary;
using System.Text;

namespace PackStore.Samples.Daemon;

/// <summary>An artifact as it crosses the wire, held in memory by the client.</summary>
internal sealed record WireArtifact(
    int ExitCode, byte[] StandardOutput, byte[] StandardError, IReadOnlyList<(string Name, byte[] Bytes)> Payloads)
{
    internal void WriteTo(Stream stream)
    {
        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        writer.Write(ExitCode);
        writer.Write((long)StandardOutput.Length);
        writer.Write((long)StandardError.Length);
        writer.Write(Payloads.Count);
        foreach ((string name, byte[] bytes) in Payloads)
        {
            byte[] utf8 = Encoding.UTF8.GetBytes(name);
            writer.Write(checked((ushort)utf8.Length));
            writer.Write(utf8);
            writer.Write((long)bytes.Length);
        }

        writer.Write(StandardOutput);
        writer.Write(StandardError);
        foreach ((_, byte[] bytes) in Payloads)
        {
            writer.Write(bytes);
        }
    }

    /// <summary>Reads the body of a hit.</summary>
    internal static WireArtifact Parse(ReadOnlySpan<byte> body)
    {
        int exitCode = BinaryPrimitives.ReadInt32LittleEndian(body);
        int standardOutput = (int)BinaryPrimitives.ReadInt64LittleEndian(body[4..]);
        int standardError = (int)BinaryPrimitives.ReadInt64LittleEndian(body[12..]);
        int count = BinaryPrimitives.ReadInt32LittleEndian(body[20..]);
        ReadOnlySpan<byte> rest = body[24..];
        var entries = new List<(string Name, int Length)>();
        for (int i = 0; i < count; i++)
        {
            int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(rest);
            string name = Encoding.UTF8.GetString(rest.Slice(2, nameLength));
            entries.Add((name, (int)BinaryPrimitives.ReadInt64LittleEndian(rest[(2 + nameLength)..])));
            rest = rest[(Protocol.MinPayloadEntryLength + nameLength)..];
        }

        byte[] output = Take(ref rest, standardOutput);
        byte[] error = Take(ref rest, standardError);
        var payloads = new List<(string, byte[])>();
        foreach ((string name, int length) in entries)
        {
            payloads.Add((name, Take(ref rest, length)));
        }

        return rest.IsEmpty
            ? new WireArtifact(exitCode, output, error, payloads)
            : throw new InvalidDataException($"{rest.Length} bytes behind the artifact's end.");
    }

    private static byte[] Take(ref ReadOnlySpan<byte> rest, int length)
    {
        byte[] taken = rest[..length].ToArray();
        rest = rest[length..];
        return taken;
    }
}
