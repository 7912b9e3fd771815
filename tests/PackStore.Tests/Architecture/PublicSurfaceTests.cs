using System.Text;
using System.Xml.Linq;
using Xunit;

namespace PackStore.Tests.Architecture;

/// <summary>The public surface stays small enough to hold in the head.</summary>
public class PublicSurfaceTests
{
    private static readonly Type[] s_exported = typeof(ArtifactStore).Assembly.GetExportedTypes();

    [Fact]
    public void Public_API_keeps_to_its_budget() => Findings.AssertNone(PublicSurfaceRules.OverBudget(
        Repository.TryReadText("src/PackStore/PublicAPI.Shipped.txt")!,
        Repository.TryReadText("src/PackStore/PublicAPI.Unshipped.txt")!));

    [Fact]
    public void Public_types_are_in_the_one_namespace() =>
        Findings.AssertNone(PublicSurfaceRules.SubNamespaces(s_exported));

    [Fact]
    public void Public_types_are_documented()
    {
        string path = Path.ChangeExtension(typeof(ArtifactStore).Assembly.Location, ".xml");
        Findings.AssertNone(PublicSurfaceRules.Undocumented(s_exported, XDocument.Load(path)));
    }

    [Fact]
    public void A_surface_over_budget_is_found()
    {
        const int Budget = PublicSurfaceRules.Budget;
        string full = "#nullable enable\n" + string.Concat(Enumerable.Repeat("PackStore.A.B() -> void\n", Budget));
        Findings.AssertNone(PublicSurfaceRules.OverBudget(full, "#nullable enable\n\n"));
        Findings.AssertOne(
            PublicSurfaceRules.OverBudget(full, "PackStore.A.C() -> void"), $"{Budget + 1} public API entries");
    }

    [Fact]
    public void A_public_type_in_a_sub_namespace_is_found() => Findings.AssertOne(
        PublicSurfaceRules.SubNamespaces([typeof(ArtifactStore), typeof(StringBuilder)]), "System.Text.StringBuilder");

    [Theory]
    [InlineData("<doc/>", 1)]
    [InlineData("<doc><member name='T:PackStore.ArtifactStore'><summary>Nothing</summary></member></doc>", 1)]
    [InlineData("<doc><member name='T:PackStore.ArtifactStore'><summary>A store.</summary></member></doc>", 0)]
    public void A_type_without_a_summary_is_found(string documentation, int expected) => Assert.Equal(
        expected, PublicSurfaceRules.Undocumented([typeof(ArtifactStore)], XDocument.Parse(documentation)).Count());
}
