using Xunit;

namespace PackStore.Tests.Architecture;

/// <summary>How the rule tests speak: a rule returns findings, none of them means that it holds.</summary>
internal static class Findings
{
    public static void AssertNone(IEnumerable<string> findings)
    {
        List<string> all = [.. findings];
        Assert.True(all.Count == 0, $"{all.Count} finding(s):\n  {string.Join("\n  ", all)}");
    }

    /// <summary>Proves that a rule can fail: it finds exactly one thing in the sample, and says what.</summary>
    public static void AssertOne(IEnumerable<string> findings, string expectedPart) =>
        Assert.Contains(expectedPart, Assert.Single(findings), StringComparison.Ordinal);
}
