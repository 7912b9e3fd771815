using PackStore.Format;
using Xunit;

namespace PackStore.Tests.Format;

public class RecordMetadataTests
{
    public static TheoryData<string> Odd =>
    [
        "", "/", "..", "../../etc/passwd", "\0", "a\0b", "gr\u00fc\u00df", "\U0001F600", "C:\\x", " ", "\n", "\ufeff",
        "\uffff",
        new string('x', FormatLimits.MaxNameBytes),
        new string('\u20ac', FormatLimits.MaxNameBytes / 3),
    ];

    // No theory: a runner's protocol does not carry unpaired surrogates.
    private static readonly string[] s_refused =
    [
        "\ud800", "a\ud800b", "\udc00", "\ud800\ud800", "\udc00\ud800", "x\udbff",
        new string('x', FormatLimits.MaxNameBytes + 1),
        new string('\u20ac', FormatLimits.MaxNameBytes / 3) + "x",
        new string('\u00e9', 40_000),
    ];

    [Theory]
    [MemberData(nameof(Odd))]
    public void Any_text_up_to_the_limit_is_a_name_and_is_read_back(string name)
    {
        RecordMetadata metadata = new()
        {
            Names = [name, "next"],
            Modes = [null, (UnixFileMode)0xFFF],
            Verdicts = [new ArtifactVerdict { Name = name, ExitCode = int.MinValue }],
        };
        byte[] bytes = new byte[metadata.Measure()];
        metadata.Write(bytes);
        RecordMetadata? read = RecordMetadata.TryRead(bytes, 2, out string problem);
        Assert.True(read is not null, problem);
        Assert.Equal([name, "next"], read.Names);
        Assert.Equal([null, (UnixFileMode)0xFFF], read.Modes);
        Assert.Equal(name, Assert.Single(read.Verdicts).Name);
        Assert.Equal(int.MinValue, read.Verdicts[0].ExitCode);
    }

    [Fact]
    public void A_name_that_is_no_text_or_too_long_is_refused_naming_the_argument()
    {
        foreach (string name in s_refused)
        {
            RecordMetadata payloads = new() { Names = ["fine", name], Modes = [null, null] };
            RecordMetadata outcome = new() { Verdicts = [new ArtifactVerdict { Name = name }] };
            Assert.Throws<ArgumentException>("what", () => RecordMetadata.MeasureName(name, "what"));
            Assert.Throws<ArgumentException>("payloads", () => payloads.Measure());
            Assert.Throws<ArgumentException>("outcome", () => outcome.Measure());
        }
    }

    [Fact]
    public void A_name_is_measured_in_bytes_of_UTF8()
    {
        Assert.Equal(0, RecordMetadata.MeasureName("", "name"));
        Assert.Equal(1 + 2 + 3 + 4, RecordMetadata.MeasureName("a\u00e9\u20ac\U0001F600", "name"));
        string longest = new('x', FormatLimits.MaxNameBytes);
        Assert.Equal(FormatLimits.MaxNameBytes, RecordMetadata.MeasureName(longest, "name"));
    }

    [Fact]
    public void Mode_zero_is_told_from_no_mode()
    {
        RecordMetadata metadata = new() { Names = ["a", "b"], Modes = [UnixFileMode.None, null] };
        byte[] bytes = new byte[metadata.Measure()];
        metadata.Write(bytes);
        Assert.Equal([UnixFileMode.None, null], RecordMetadata.TryRead(bytes, 2, out _)!.Modes);
    }

    [Fact]
    public void Bytes_that_are_no_UTF8_are_read_as_some_name()
    {
        RecordMetadata metadata = new() { Names = ["ab"], Modes = [null] };
        byte[] bytes = new byte[metadata.Measure()];
        metadata.Write(bytes);
        bytes[^1] = 0xFF;
        Assert.Equal("a\ufffd", Assert.Single(RecordMetadata.TryRead(bytes, 1, out _)!.Names));
    }

    [Fact]
    public void Everything_read_owns_its_memory()
    {
        RecordMetadata metadata = new()
        {
            Verdicts =
            [
                new ArtifactVerdict { Name = "v", StandardOutput = new byte[] { 1 }, StandardError = new byte[] { 2 } },
            ],
            Extra = new byte[] { 3 },
        };
        byte[] bytes = new byte[metadata.Measure()];
        metadata.Write(bytes);
        RecordMetadata read = RecordMetadata.TryRead(bytes, 0, out _)!;
        bytes.AsSpan().Fill(0xCC);
        Assert.Equal(SampleRecord.Describe(metadata), SampleRecord.Describe(read));
    }
}
