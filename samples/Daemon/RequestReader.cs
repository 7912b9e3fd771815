using System.Buffers;
using System.Text;

namespace PackStore.Samples.Daemon;

/// <summary>Takes a request apart, front to back; every length is checked against what is left before it is
/// used.</summary>
internal ref struct RequestReader(ReadOnlySequence<byte> frame)
{
    private static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);
    private SequenceReader<byte> _reader = new(frame);

    internal Verb ReadVerb() => (Verb)ReadByte("verb");

    internal ArtifactKey ReadKey()
    {
        int length = ReadByte("key length");
        if (length is 0 or > ArtifactKey.MaxLength)
        {
            throw new MalformedRequestException($"A key has 1 to {ArtifactKey.MaxLength} bytes, not {length}.");
        }

        Span<byte> key = stackalloc byte[ArtifactKey.MaxLength];
        ReadBytes(length, "key").CopyTo(key);
        return ArtifactKey.FromBytes(key[..length]);
    }

    /// <summary>Reads an artifact; its bytes stay where the frame is, so use it before the frame is given
    /// back.</summary>
    internal (ArtifactOutcome Outcome, ArtifactPayload[] Payloads) ReadArtifact()
    {
        if (!_reader.TryReadLittleEndian(out int exitCode))
        {
            throw Short("exit code");
        }

        long standardOutput = ReadLength("length of standard output");
        long standardError = ReadLength("length of standard error");
        if (!_reader.TryReadLittleEndian(out int count))
        {
            throw Short("payload count");
        }

        if (count < 0 || count > _reader.Remaining / Protocol.MinPayloadEntryLength)
        {
            throw new MalformedRequestException($"The frame has no room for {(uint)count} payloads.");
        }

        var entries = new (string Name, long Length)[count];
        for (int i = 0; i < count; i++)
        {
            entries[i] = (ReadName(), ReadLength("payload length"));
        }

        var outcome = new ArtifactOutcome
        {
            ExitCode = exitCode,
            StandardOutput = Contiguous(ReadBytes(standardOutput, "standard output")),
            StandardError = Contiguous(ReadBytes(standardError, "standard error")),
        };
        var payloads = new ArtifactPayload[count];
        for (int i = 0; i < count; i++)
        {
            payloads[i] = ArtifactPayload.FromSequence(entries[i].Name, ReadBytes(entries[i].Length, "payload"));
        }

        return (outcome, payloads);
    }

    /// <summary>Refuses bytes behind the request's end.</summary>
    internal readonly void End()
    {
        if (!_reader.End)
        {
            throw new MalformedRequestException($"{_reader.Remaining} bytes behind the end of the request.");
        }
    }

    private static ReadOnlyMemory<byte> Contiguous(ReadOnlySequence<byte> bytes) =>
        bytes.IsSingleSegment ? bytes.First : bytes.ToArray();

    private static MalformedRequestException Short(string what) => new($"The frame ends before the {what} does.");

    private string ReadName()
    {
        if (!_reader.TryReadLittleEndian(out short length))
        {
            throw Short("name length");
        }

        try
        {
            return s_strict.GetString(ReadBytes((ushort)length, "name"));
        }
        catch (DecoderFallbackException e)
        {
            throw new MalformedRequestException($"A payload name is not UTF-8: {e.Message}");
        }
    }

    private byte ReadByte(string what) => _reader.TryRead(out byte value) ? value : throw Short(what);

    private long ReadLength(string what)
    {
        if (!_reader.TryReadLittleEndian(out long length))
        {
            throw Short(what);
        }

        return length >= 0 && length <= _reader.Remaining
            ? length
            : throw new MalformedRequestException($"The {what} is {(ulong)length}, more than the frame holds.");
    }

    private ReadOnlySequence<byte> ReadBytes(long length, string what)
    {
        if (length > _reader.Remaining)
        {
            throw Short(what);
        }

        ReadOnlySequence<byte> bytes = _reader.UnreadSequence.Slice(0, length);
        _reader.Advance(length);
        return bytes;
    }
}
