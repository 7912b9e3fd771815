using PackStore.Format;

namespace PackStore.Fuzz.Targets;

/// <summary>One copy of STORE.</summary>
internal sealed class IdentityTarget : IFuzzTarget
{
    public string Name => "identity";

    public IReadOnlyList<byte[]> Seeds() =>
        [Write(Samples.Store), Write(Samples.Store with { Features = new FormatFeatures(1, 2, 4) })];

    public bool Run(ReadOnlySpan<byte> input)
    {
        if (!StoreIdentity.TryRead(input, out StoreIdentity? read, out _))
        {
            return false;
        }

        FuzzFailureException.Require(
            StoreIdentity.TryRead(Write(read!), out StoreIdentity? again, out _) && again == read, "encodes again");
        return true;
    }

    public void Repair(Span<byte> input) =>
        Samples.Repair(input, StoreIdentity.Magic, StoreIdentityLayout.ChecksumOffset);

    private static byte[] Write(StoreIdentity identity)
    {
        byte[] bytes = new byte[StoreIdentityLayout.Size];
        identity.Write(bytes);
        return bytes;
    }
}
