using Xunit;

namespace PackStore.Tests.Architecture;

/// <summary>The layer table of ARCHITECTURE.md, held over the library, packtool and the samples.</summary>
public class LayeringTests
{
    [Fact]
    public void Rooms_see_only_the_rooms_below_them() =>
        Findings.AssertNone(Repository.Sources.SelectMany(LayerRules.RoomsSeen));

    [Fact]
    public void The_lowest_layer_uses_the_base_class_library_only() =>
        Findings.AssertNone(Repository.Sources.SelectMany(LayerRules.LowestUsesOnlyTheBase));

    [Fact]
    public void Nothing_below_the_facade_sees_the_facade()
    {
        IReadOnlySet<string> facade = LayerRules.FacadeTypes(Repository.Sources);
        Assert.Contains("ArtifactStore", facade);
        Findings.AssertNone(Repository.Sources.SelectMany(file => LayerRules.FacadeSeenFromBelow(file, facade)));
    }

    [Fact]
    public void Tools_and_samples_use_the_public_namespace_only() =>
        Findings.AssertNone(Repository.Sources.SelectMany(LayerRules.InternalsSeenFromOutside));

    [Theory]
    [InlineData("src/PackStore/Storage/A.cs", "using PackStore.Format;", "Storage must not see Format")]
    [InlineData("src/PackStore/Format/A.cs", "using PackStore.Storage;", "Format must not see Storage")]
    [InlineData("src/PackStore/Segments/A.cs", "using PackStore.Index;", "Segments must not see Index")]
    [InlineData("src/PackStore/Index/A.cs", "using S = PackStore.Loose.LooseTier;", "Index must not see Loose")]
    [InlineData("src/PackStore/Loose/A.cs", "using static PackStore.Engine.Limits;", "Loose must not see Engine")]
    [InlineData("src/PackStore/Engine/A.cs", "using PackStore.Compaction;", "Engine must not see Compaction")]
    [InlineData("src/PackStore/Compaction/A.cs", "using PackStore.Migration;", "Compaction must not see Migration")]
    [InlineData("src/PackStore/Verification/A.cs", "using PackStore.Compaction;", "must not see Compaction")]
    [InlineData("src/PackStore/Model/A.cs", "using PackStore.Engine;", "Model must not see Engine")]
    [InlineData("src/PackStore/PayloadLease.cs", "using PackStore.Index;", "the facade must not see Index")]
    [InlineData("src/PackStore/ArtifactStore.cs", "using PackStore.Loose;", "the facade must not see Loose")]
    [InlineData("src/PackStore/Cellar/A.cs", "", "the folder Cellar has no layer")]
    public void A_using_line_that_points_up_or_sideways_is_found(string path, string text, string expected) =>
        Findings.AssertOne(LayerRules.RoomsSeen(new SourceFile(path, text)), expected);

    [Theory]
    [InlineData("class A { Format.RecordHeader h; }")]
    [InlineData("class A { PackStore.Format.RecordHeader h; }")]
    [InlineData("class A { int M() => Format.Checksum.Seed; }")]
    [InlineData("class A { int M() => global::PackStore.Format.Checksum.Seed; }")]
    public void A_qualified_name_is_found_as_a_using_line_is(string body)
    {
        SourceFile file = new("src/PackStore/Storage/A.cs", "namespace PackStore.Storage;\n" + body);
        Findings.AssertOne(LayerRules.RoomsSeen(file), "Storage must not see Format");
    }

    [Theory]
    [InlineData("src/PackStore/Engine/A.cs", "using PackStore.Storage;\nusing PackStore.Format;")]
    [InlineData("src/PackStore/ArtifactStore.cs", "using PackStore.Storage;\nusing PackStore.Engine;")]
    [InlineData("src/PackStore/Storage/A.cs", "/// <see cref=\"Format.A\"/>\nnamespace PackStore.Storage;")]
    [InlineData("src/PackStore/Loose/A.cs", "class A { string Index { get; } = \"\"; int M() => Index.Length; }")]
    [InlineData("tests/PackStore.Tests/A.cs", "using PackStore.Compaction;\nusing PackStore.Migration;")]
    public void What_the_table_allows_is_not_found(string path, string text) =>
        Findings.AssertNone(LayerRules.RoomsSeen(new SourceFile(path, text)));

    [Fact]
    public void A_package_seen_from_the_lowest_layer_is_found()
    {
        SourceFile file = new("src/PackStore/Model/A.cs", "using System.Text;\nusing ZstdSharp;");
        Findings.AssertOne(LayerRules.LowestUsesOnlyTheBase(file), "A.cs(2): Model must not see ZstdSharp");
    }

    [Fact]
    public void A_facade_type_seen_from_below_is_found()
    {
        HashSet<string> facade = ["PayloadLease"];
        SourceFile below = new("src/PackStore/Engine/A.cs", "class A { PayloadLease M() => default; }");
        SourceFile facadeItself = new("src/PackStore/A.cs", below.Text);
        Findings.AssertOne(LayerRules.FacadeSeenFromBelow(below, facade), "the facade's PayloadLease");
        Findings.AssertNone(LayerRules.FacadeSeenFromBelow(facadeItself, facade));
    }

    [Theory]
    [InlineData("src/Tools/Commands/A.cs")]
    [InlineData("samples/Daemon/A.cs")]
    public void An_internal_namespace_seen_from_a_user_is_found(string path)
    {
        SourceFile file = new(path, "using PackStore;\nusing PackStore.Tools.Commands;\nusing PackStore.Engine;");
        Findings.AssertOne(LayerRules.InternalsSeenFromOutside(file), "A.cs(3): the public namespace");
    }
}
