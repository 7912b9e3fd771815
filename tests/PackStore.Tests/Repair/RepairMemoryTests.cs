using PackStore.Format;
using PackStore.Repair;
using PackStore.Verification;
using Xunit;
using Xunit.Abstractions;

namespace PackStore.Tests.Repair;

/// <summary>What a repair keeps in memory while it looks at a large store.</summary>
public sealed class RepairMemoryTests(ITestOutputHelper output)
{
    private const int Records = 1_000_000;
    private const int RecordsASegment = 50_000;

    [Fact]
    public void A_million_artifacts_take_less_than_160_bytes_each()
    {
        long before = GC.GetTotalMemory(forceFullCollection: true);
        RecordChoice choice = new();
        RecordTracker tracker = new();
        for (int i = 0; i < Records; i++)
        {
            ulong hash = (ulong)(i + 1) * 0x9E37_79B9_7F4A_7C15;
            tracker.Note(hash, (ulong)i, RecordKind.Artifact, 2, -1);
            ((IRecordWitness)choice).Sound(
                1 + (i / RecordsASegment),
                new DirectoryEntry(hash, (ulong)i, 256 + (i * 64L), 512, RecordKind.Artifact, false, 2));
            if (i % RecordsASegment == RecordsASegment - 1)
            {
                // One segment in five is damaged.
                int segment = 1 + (i / RecordsASegment);
                choice.EndSegment(segment, isDamaged: segment % 5 == 0);
            }
        }

        long bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        output.WriteLine($"{bytes / (double)Records:F1} bytes an artifact");
        Assert.InRange(bytes / Records, 1, 160);
        Assert.Equal(RecordsASegment, choice.Kept(5).Count);
        GC.KeepAlive(tracker);
    }
}
