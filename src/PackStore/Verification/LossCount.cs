namespace PackStore.Verification;

/// <summary>A number of artifacts, their payloads and bytes.</summary>
internal readonly record struct LossCount(long Artifacts, long Payloads, long Bytes)
{
    /// <summary>One artifact more.</summary>
    public LossCount Plus(int payloads, long bytes) => new(Artifacts + 1, Payloads + payloads, Bytes + bytes);
}
