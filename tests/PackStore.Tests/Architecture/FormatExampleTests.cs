using System.Globalization;
using System.Text.RegularExpressions;
using PackStore.Format;
using PackStore.Tests.Format;
using Xunit;

namespace PackStore.Tests.Architecture;

/// <summary>The worked example of FORMAT.md is what the library reads and writes.</summary>
public partial class FormatExampleTests
{
    [Fact]
    public void The_example_is_a_whole_record()
    {
        byte[] dump = ReadDump();
        ReadOnlySpan<byte> line = dump.AsSpan(0, RecordHeaderLayout.Size);
        Assert.True(RecordHeader.TryRead(line, dump.Length, out RecordHeader header));
        Assert.Equal(
            new RecordHeader(RecordKind.Artifact, 4, RecordFlags.StandardOutput, dump.Length, 1, 42, 35), header);
        Assert.True(RecordBody.IsSound(dump, header, out ulong found, out ulong expected));
        Assert.Equal(expected, found);
        Assert.Equal("deadbeef", RecordBody.ReadKey(dump, header.KeyLength).ToString());
    }

    [Fact]
    public void The_examples_payloads_are_where_their_descriptors_say()
    {
        byte[] dump = ReadDump();
        PayloadDescriptor output = RecordBody.ReadDescriptor(dump, 4, 0);
        PayloadDescriptor stream = RecordBody.ReadDescriptor(dump, 4, 1);
        ulong outputSum = Checksum.Of("hello\n"u8);
        ulong streamSum = Checksum.Of("ok"u8);
        Assert.Equal(
            new PayloadDescriptor(0xC0, PayloadEncoding.Raw, PayloadTier.Pack, false, 6, 6, outputSum), output);
        Assert.Equal(
            new PayloadDescriptor(0x100, PayloadEncoding.Raw, PayloadTier.Pack, false, 2, 2, streamSum), stream);
        long bodyEnd = RecordBody.EndOffset(4, 2, 35);
        Assert.Equal(0xAB, bodyEnd);
        Assert.Null(output.FindProblem(bodyEnd, dump.Length));
        Assert.Null(stream.FindProblem(bodyEnd, dump.Length));
        Assert.Equal("hello\n"u8, dump.AsSpan(0xC0, 6));
        Assert.Equal("ok"u8, dump.AsSpan(0x100, 2));
    }

    [Fact]
    public void The_examples_metadata_is_as_explained()
    {
        byte[] dump = ReadDump();
        int at = (int)RecordBody.MetadataOffset(4, 2);
        Assert.Equal(0x88, at);
        RecordMetadata? metadata = RecordMetadata.TryRead(dump.AsSpan(at, 35), 1, out string problem);
        Assert.True(metadata is not null, problem);
        DateTimeOffset storedAt = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);
        Assert.Equal(storedAt, DateTimeOffset.FromUnixTimeMilliseconds(metadata.StoredAtUnixMs));
        Assert.Equal(7, metadata.ExitCode);
        Assert.Equal(ArtifactProvenance.Put, metadata.Provenance);
        Assert.Equal("out.txt", Assert.Single(metadata.Names));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
            Assert.Single(metadata.Modes));
        Assert.Empty(metadata.Verdicts);
        Assert.Equal(0, metadata.Extra.Length);
    }

    [Fact]
    public void The_example_is_written_again_byte_for_byte()
    {
        byte[] dump = ReadDump();
        SampleRecord? decoded = SampleRecord.TryDecode(dump);
        Assert.NotNull(decoded);
        Assert.Equal(Example.Describe(), decoded.Describe());
        Assert.Equal(Convert.ToHexStringLower(dump), Convert.ToHexStringLower(decoded.Encode()));
        Assert.Equal(Convert.ToHexStringLower(dump), Convert.ToHexStringLower(Example.Encode()));
    }

    private static SampleRecord Example
    {
        get
        {
            RecordMetadata metadata = new()
            {
                StoredAtUnixMs = 1_735_689_600_000,
                ExitCode = 7,
                Names = ["out.txt"],
                Modes = [(UnixFileMode)0b110_100_100],
            };
            return new SampleRecord(ArtifactKey.Parse("deadbeef"), 42, metadata, [[.. "hello\n"u8]])
            {
                StandardOutput = [.. "ok"u8],
            };
        }
    }

    private static byte[] ReadDump()
    {
        string text = File.ReadAllText(Path.Combine(FindRoot(), "FORMAT.md")).ReplaceLineEndings("\n");
        Match block = ExampleBlock().Match(text);
        Assert.True(block.Success, "FORMAT.md has no block marked <!-- example: record -->");
        List<byte> bytes = [];
        foreach (string line in block.Groups["dump"].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = line.Split(':');
            Assert.Equal(
                bytes.Count, int.Parse(parts[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
            bytes.AddRange(Convert.FromHexString(parts[1].Replace(" ", "", StringComparison.Ordinal)));
        }

        return [.. bytes];
    }

    private static string FindRoot()
    {
        DirectoryInfo? at = new(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "PackStore.sln")))
        {
            at = at.Parent;
        }

        Assert.NotNull(at);
        return at.FullName;
    }

    [GeneratedRegex("<!-- example: record -->\\s*```\\n(?<dump>[^`]*)```")]
    private static partial Regex ExampleBlock();
}
