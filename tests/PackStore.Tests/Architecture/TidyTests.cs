using Xunit;
using Xunit.Abstractions;

namespace PackStore.Tests.Architecture;

/// <summary>The house rules, held over every file; and for each rule a sample that breaks it.</summary>
public class TidyTests(ITestOutputHelper output)
{
    private static readonly string s_longMethodBody = string.Concat(Enumerable.Repeat("    M();\n", 60));

    [Fact]
    public void Files_are_short()
    {
        IEnumerable<SourceFile> library = Repository.Sources.Where(f => f.IsUnder("src/PackStore"));
        int[] lengths = [.. library.Select(f => f.Lines.Count).Order()];
        output.WriteLine(
            $"src/PackStore: {lengths.Length} files, {lengths.Sum()} lines, median {lengths[lengths.Length / 2]}, " +
            $"p95 {lengths[lengths.Length * 95 / 100]}, longest {lengths[^1]}");
        Findings.AssertNone(Repository.Sources.SelectMany(TidyRules.FileLength));
    }

    [Fact]
    public void Methods_are_short() => Findings.AssertNone(Repository.Sources.SelectMany(TidyRules.MethodLength));

    [Fact]
    public void Lines_fit() => Findings.AssertNone(Repository.Sources.SelectMany(TidyRules.LineWidth));

    [Fact]
    public void Folders_hold_few_files() => Findings.AssertNone(TidyRules.FolderSize(Repository.Sources));

    [Fact]
    public void A_file_holds_one_public_type_and_bears_its_name() =>
        Findings.AssertNone(Repository.Sources.SelectMany(TidyRules.PublicTypePerFile));

    [Fact]
    public void Unsafe_code_lives_in_Storage() =>
        Findings.AssertNone(Repository.Sources.SelectMany(TidyRules.UnsafeOutsideStorage));

    [Fact]
    public void Nobody_reads_the_wall_clock() =>
        Findings.AssertNone(Repository.Sources.SelectMany(TidyRules.WallClock));

    [Fact]
    public void Background_work_starts_in_the_maintenance_loop() =>
        Findings.AssertNone(Repository.Sources.SelectMany(TidyRules.BackgroundTasks));

    [Fact]
    public void Notes_about_work_to_come_have_a_link() =>
        Findings.AssertNone(Repository.Sources.SelectMany(TidyRules.UnlinkedNotes));

    [Fact]
    public void Namespaces_equal_folders() =>
        Findings.AssertNone(Repository.Sources.SelectMany(TidyRules.NamespaceIsFolder));

    [Fact]
    public void Source_is_ASCII() => Findings.AssertNone(Repository.Sources.SelectMany(TidyRules.AsciiSource));

    [Fact]
    public void Text_names_no_machine() => Findings.AssertNone(Repository.TextFiles.SelectMany(TidyRules.MachinePaths));

    [Fact]
    public void Decision_records_are_dated() =>
        Findings.AssertNone(Repository.Paths.SelectMany(TidyRules.DecisionNames));

    [Fact]
    public void Each_project_has_a_lock_file_that_names_no_source()
    {
        Findings.AssertNone(Repository.TextFiles.SelectMany(TidyRules.LockFileSources));
        Findings.AssertNone(Repository.Paths
            .Where(path => path.EndsWith(".csproj", StringComparison.Ordinal))
            .Where(path => !Repository.Paths.Contains(Path.GetDirectoryName(path) + "/packages.lock.json"))
            .Select(path => $"{path}: no packages.lock.json beside it"));
    }

    [Theory]
    [InlineData("src/PackStore/Engine/A.cs", 401, "401 lines, at most 400")]
    [InlineData("tests/PackStore.Tests/A.cs", 601, "601 lines, at most 600")]
    public void A_long_file_is_found(string path, int lines, string expected)
    {
        Findings.AssertOne(TidyRules.FileLength(new(path, string.Concat(Enumerable.Repeat("//\n", lines)))), expected);
        Findings.AssertNone(TidyRules.FileLength(new(path, string.Concat(Enumerable.Repeat("//\n", lines - 1)))));
    }

    [Theory]
    [InlineData("class A\n{\n  [Fact]\n  void M() {\n", "  }\n}\n", "A.cs(4): a method of 62 lines")]
    [InlineData("class A\n{\n  A()\n  {\n", "  }\n}\n", "A.cs(3): a method of 63 lines")]
    [InlineData("class A\n{\n  int P { get {\n", "  } }\n}\n", "A.cs(3): a method of 62 lines")]
    public void A_long_method_is_found(string head, string tail, string expected)
    {
        Findings.AssertOne(TidyRules.MethodLength(Library(head + s_longMethodBody + tail)), expected);
        Findings.AssertNone(TidyRules.MethodLength(Library(head + tail)));
    }

    [Fact]
    public void A_wide_line_is_found()
    {
        Findings.AssertOne(TidyRules.LineWidth(Library("//\n" + new string('/', 121))), "A.cs(2): 121 columns");
        Findings.AssertNone(TidyRules.LineWidth(Library(new string('/', 120) + "\r\n")));
    }

    [Fact]
    public void A_crowded_folder_is_found()
    {
        List<SourceFile> files = [.. Enumerable.Range(0, 20).Select(i => new SourceFile($"src/Room/F{i}.cs", ""))];
        Findings.AssertNone(TidyRules.FolderSize(files.Append(new("src/Other/F.cs", ""))));
        Findings.AssertOne(TidyRules.FolderSize(files.Append(new("src/Room/F.cs", ""))), "src/Room: 21 source files");
    }

    [Theory]
    [InlineData("public class A;\npublic enum B { C }", "A.cs(2): a second public type, B")]
    [InlineData("namespace N;\npublic class B;\ninternal class A;", "A.cs(2): the public type B wants the file B.cs")]
    public void A_misplaced_public_type_is_found(string text, string expected)
    {
        Findings.AssertOne(TidyRules.PublicTypePerFile(Library(text)), expected);
        string nested = "public class A { public class B; }\ninternal class C;";
        Findings.AssertNone(TidyRules.PublicTypePerFile(Library(nested)));
    }

    [Theory]
    [InlineData("unsafe class A;", "unsafe outside Storage")]
    [InlineData("class A { void M() { unsafe { } } }", "unsafe outside Storage")]
    [InlineData("class A { [DllImport(\"c\")] static extern void M(); }", "DllImport outside Storage")]
    [InlineData("class A { [InteropServices.LibraryImport(\"c\")] static partial void M(); }", "LibraryImport")]
    public void Unsafe_code_elsewhere_is_found(string text, string expected)
    {
        Findings.AssertOne(TidyRules.UnsafeOutsideStorage(Library(text)), expected);
        Findings.AssertNone(TidyRules.UnsafeOutsideStorage(new("src/PackStore/Storage/A.cs", text)));
        Findings.AssertNone(TidyRules.UnsafeOutsideStorage(new("tests/PackStore.TestKit/A.cs", text)));
    }

    [Theory]
    [InlineData("DateTime.Now")]
    [InlineData("System.DateTime.UtcNow")]
    [InlineData("DateTimeOffset.UtcNow")]
    public void A_wall_clock_is_found(string expression)
    {
        Findings.AssertOne(TidyRules.WallClock(Library($"class A {{ object M() => {expression}; }}")), "TimeProvider");
        string harmless = $"class A {{ /* {expression} */ string M() => \"{expression}\"; }}";
        Findings.AssertNone(TidyRules.WallClock(Library(harmless)));
    }

    [Theory]
    [InlineData("Task.Run")]
    [InlineData("System.Threading.Tasks.Task.Run")]
    [InlineData("Task.Factory.StartNew")]
    public void Background_work_elsewhere_is_found(string call)
    {
        string text = $"class A {{ object M() => {call}(() => 1); }}";
        Findings.AssertOne(TidyRules.BackgroundTasks(Library(text)), "outside MaintenanceLoop");
        Findings.AssertNone(TidyRules.BackgroundTasks(new("src/PackStore/MaintenanceLoop.cs", text)));
        Findings.AssertNone(TidyRules.BackgroundTasks(new("tests/PackStore.Tests/A.cs", text)));
    }

    [Theory]
    [InlineData("// TODO: later")]
    [InlineData("/* FIXME */")]
    [InlineData("/// <summary>HACK</summary>\nclass A;")]
    public void A_note_without_a_link_is_found(string text)
    {
        Findings.AssertOne(TidyRules.UnlinkedNotes(Library(text)), "without a link");
        Findings.AssertNone(TidyRules.UnlinkedNotes(Library("// TODO (#12): later\nclass A { string s = \"TODO\"; }")));
    }

    [Theory]
    [InlineData("src/PackStore/A.cs", "PackStore")]
    [InlineData("src/PackStore/Model/A.cs", "PackStore")]
    [InlineData("src/PackStore/Reports/A.cs", "PackStore")]
    [InlineData("src/PackStore/Errors/A.cs", "PackStore")]
    [InlineData("src/PackStore/Engine/A.cs", "PackStore.Engine")]
    [InlineData("src/Tools/Commands/A.cs", "PackStore.Tools.Commands")]
    [InlineData("tests/PackStore.Tests/Crash/A.cs", "PackStore.Tests.Crash")]
    [InlineData("tests/PackStore.TestKit/A.cs", "PackStore.TestKit")]
    [InlineData("tests/Tools.Tests/A.cs", "PackStore.Tools.Tests")]
    [InlineData("fuzz/PackStore.Fuzz/A.cs", "PackStore.Fuzz")]
    [InlineData("samples/Daemon/A.cs", "PackStore.Samples.Daemon")]
    public void A_namespace_that_is_not_the_folder_is_found(string path, string expected)
    {
        Findings.AssertOne(TidyRules.NamespaceIsFolder(new(path, "namespace Elsewhere;")), $"expected {expected}");
        Findings.AssertNone(TidyRules.NamespaceIsFolder(new(path, $"namespace {expected};")));
    }

    [Fact]
    public void Source_beyond_ASCII_is_found()
    {
        Findings.AssertOne(TidyRules.AsciiSource(Library("//\n// caf\u00e9")), "A.cs(2): U+00E9 in column 7");
        Findings.AssertNone(TidyRules.AsciiSource(new("tests/PackStore.Tests/A.cs", "// caf\u00e9")));
    }

    [Theory]
    [InlineData("work", true)]
    [InlineData("root", true)]
    [InlineData("home/somebody", true)]
    [InlineData("tmp", false)]
    public void A_path_of_one_machine_is_found(string first, bool found)
    {
        SourceFile file = new("README.md", $"see src/{first}/x\nand /{first}/x");
        string[] expected = found ? [$"README.md(2): a path of one machine: /{first}/"] : [];
        Assert.Equal(expected, TidyRules.MachinePaths(file).Select(f => f.TrimEnd('x')));
    }

    [Theory]
    [InlineData("docs/decisions/20261122-index.md", true)]
    [InlineData("docs/decisions/README.md", true)]
    [InlineData("docs/limits.md", true)]
    [InlineData("docs/decisions/index.md", false)]
    [InlineData("docs/decisions/20261322-index.md", false)]
    [InlineData("docs/decisions/20261122_Index.md", false)]
    public void A_decision_record_without_a_date_is_found(string path, bool good) =>
        Assert.Equal(good ? 0 : 1, TidyRules.DecisionNames(path).Count());

    [Fact]
    public void A_lock_file_that_names_a_source_is_found() => Findings.AssertOne(
        TidyRules.LockFileSources(new("src/A/packages.lock.json", "{\n\"source\": \"https://host\"\n}")), "json(2):");

    private static SourceFile Library(string text) => new("src/PackStore/Engine/A.cs", text);
}
