using System.Runtime.Versioning;
using PackStore.Proof;
using Xunit;

namespace PackStore.Tests.Planted;

/// <summary>No bug is left that nobody looks for.</summary>
[SupportedOSPlatform("linux")]
public class PlantedBugCoverageTests
{
    // These have a test of their own each.
    private static readonly PlantedBug[] s_alone = [PlantedBug.FailedSyncRetried, PlantedBug.ChecksumSkipped];

    [Fact]
    public void Every_planted_bug_is_looked_for()
    {
        IEnumerable<string> looked = PlantedCrashBugTests.CrashBugs.Concat(PlantedInterleavingBugTests.Bugs)
            .Concat(PlantedModelBugTests.Bugs).Select(static row => (string)row[0])
            .Concat(s_alone.Select(static bug => bug.ToString()));
        Assert.Equal(
            Enum.GetNames<PlantedBug>().Where(static n => n != nameof(PlantedBug.None)).Order(),
            looked.Distinct().Order());
    }
}
