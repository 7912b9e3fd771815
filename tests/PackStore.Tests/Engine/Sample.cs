using Xunit;

namespace PackStore.Tests.Engine;

/// <summary>An artifact as a test knows it, how to put it, and how to see that a store has it.</summary>
internal sealed record Sample(IReadOnlyList<SampleOutput> Outputs)
{
    public int ExitCode { get; init; }

    public byte[] StandardOutput { get; init; } = [];

    public byte[] StandardError { get; init; } = [];

    public byte[] Extra { get; init; } = [];

    public ArtifactOutcome Outcome => new()
    {
        ExitCode = ExitCode,
        StandardOutput = StandardOutput,
        StandardError = StandardError,
        Extra = Extra,
    };

    public IReadOnlyList<ArtifactPayload> Payloads => [.. Outputs.Select(o => o.Payload)];

    /// <summary>A key for a number; neighbours have nothing in common.</summary>
    public static ArtifactKey Key(int number) => ArtifactKey.FromHash($"artifact {number}");

    /// <summary>Bytes without structure.</summary>
    public static byte[] Bytes(int length, int seed = 1)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Bytes that compress well.</summary>
    public static byte[] Text(int length, int seed = 1)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
        {
            bytes[i] = (byte)('a' + (((i / 7) + seed) % 23));
        }

        return bytes;
    }

    /// <summary>One raw output of these bytes.</summary>
    public static Sample Of(byte[] bytes) => new([new SampleOutput("out", bytes)]);

    /// <summary>One raw output of so many random bytes.</summary>
    public static Sample OfLength(int length, int seed = 1) => Of(Bytes(length, seed));

    public ValueTask PutAsync(ArtifactStore store, in ArtifactKey key) => store.PutAsync(key, Outcome, Payloads);

    /// <summary>What is different about a lease's artifact, down to the last byte; null if nothing is.</summary>
    public string? Difference(in PayloadLease lease)
    {
        if (!lease.IsHit)
        {
            return "a miss";
        }

        ArtifactMetadata metadata = lease.Metadata;
        if (lease.Count != Outputs.Count || metadata.Payloads.Count != Outputs.Count)
        {
            return $"{lease.Count} outputs";
        }

        if (metadata.ExitCode != ExitCode || !metadata.Extra.Span.SequenceEqual(Extra))
        {
            return $"exit code {metadata.ExitCode}, {metadata.Extra.Length} extra bytes";
        }

        if (!lease.StandardOutput.SequenceEqual(StandardOutput) || !lease.StandardError.SequenceEqual(StandardError)
            || metadata.StandardOutputLength != StandardOutput.Length
            || metadata.StandardErrorLength != StandardError.Length)
        {
            return $"streams of {lease.StandardOutput.Length} and {lease.StandardError.Length} bytes";
        }

        for (int i = 0; i < Outputs.Count; i++)
        {
            PayloadInfo info = metadata.Payloads[i];
            if (info.Name != Outputs[i].Name || info.Mode != Outputs[i].Mode || info.Length != Outputs[i].Bytes.Length)
            {
                return $"output {i}: {info.Name}, {info.Mode}, {info.Length} bytes";
            }

            if (!lease[i].SequenceEqual(Outputs[i].Bytes))
            {
                return $"other bytes in output {i}";
            }
        }

        return null;
    }

    /// <summary>Says that a store serves exactly this artifact.</summary>
    public void AssertIn(ArtifactStore store, in ArtifactKey key)
    {
        using PayloadLease lease = store.EnsurePayloads(key);
        Assert.Null(Difference(lease));
    }

    public static void AssertAbsent(ArtifactStore store, in ArtifactKey key)
    {
        using PayloadLease lease = store.EnsurePayloads(key);
        Assert.False(lease.IsHit);
        Assert.False(store.Contains(key));
        Assert.False(store.TryGetMetadata(key, out _));
    }
}

/// <summary>One output of a <see cref="Sample"/>.</summary>
internal sealed record SampleOutput(string Name, byte[] Bytes, PayloadEncoding Encoding = PayloadEncoding.Raw)
{
    public UnixFileMode? Mode { get; init; }

    public ArtifactPayload Payload => ArtifactPayload.FromBytes(Name, Bytes).With(Encoding, Mode);
}
