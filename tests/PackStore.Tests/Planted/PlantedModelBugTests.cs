using System.Runtime.Versioning;
using PackStore.Proof;
using PackStore.Tests.Interleavings;
using PackStore.Tests.Properties;
using Xunit;
using Xunit.Abstractions;

namespace PackStore.Tests.Planted;

/// <summary>A script finds the bug that is planted for it, and is shrunk to the few operations that it takes.</summary>
[Collection(Alone.Name)]
[SupportedOSPlatform("linux")]
public sealed class PlantedModelBugTests(ITestOutputHelper output)
{
    private const int Operations = 250;
    private const int Scripts = 4;

    /// <summary>Bugs, and the way to open a store under which each shows itself.</summary>
    public static TheoryData<string, string> Bugs => new()
    {
        { nameof(PlantedBug.KeyNotCompared), "one hash" },
        { nameof(PlantedBug.TombstoneNotWritten), "as it comes" },
    };

    [Theory]
    [MemberData(nameof(Bugs))]
    public void The_model_finds_the_bug_planted_for_it(string bug, string shape)
    {
        using IDisposable planted = PlantedBugs.Plant(Enum.Parse<PlantedBug>(bug));
        Exception found = Assert.ThrowsAny<Exception>(() =>
            ModelScriptTests.Check(ModelShapes.All[shape], Scripts, Operations, seed: 1));
        output.WriteLine(found.Message);
        Assert.Contains("Shrunk", found.Message, StringComparison.Ordinal);
    }
}
