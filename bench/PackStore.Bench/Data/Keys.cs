using System.Buffers.Binary;

namespace PackStore.Bench.Data;

/// <summary>Keys of 32 random bytes from a fixed seed; key number i can be made without the ones before it.</summary>
internal static class Keys
{
    internal const int Length = 32;
    private const ulong Seed = 0x5EED_0F_9AC4;

    internal static void Write(long artifact, Span<byte> destination)
    {
        ulong state = Seed + ((ulong)artifact * 4);
        for (int i = 0; i < 4; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(destination[(i * 8)..], Mix(state + (uint)i));
        }
    }

    internal static ArtifactKey Make(long artifact)
    {
        Span<byte> bytes = stackalloc byte[Length];
        Write(artifact, bytes);
        return ArtifactKey.FromBytes(bytes);
    }

    /// <summary>SplitMix64: every input another output, all bits mixed.</summary>
    internal static ulong Mix(ulong value)
    {
        value = (value + 1) * 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
