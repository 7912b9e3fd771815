using System.Globalization;
using System.Runtime.Versioning;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;
using Xunit;
using Xunit.Abstractions;

namespace PackStore.Tests.Properties;

/// <summary>
/// Scripts of thousands of operations, the same ones under each way to open a store: every hit is what the dictionary
/// beside it has, and so the same under all. A failure prints the shrunk script and the seed.
/// <c>PACKSTORE_MODEL_SCRIPTS</c> sets how many scripts are run, <c>PACKSTORE_MODEL_OPERATIONS</c> how long each is,
/// <c>PACKSTORE_MODEL_SEED</c> which.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class ModelScriptTests(ITestOutputHelper output)
{
    private const int DefaultScripts = 1;
    private const int DefaultOperations = 5_000;
    private const int CompareEvery = 500;

    public static TheoryData<string> Shapes => new(ModelShapes.All.Keys);

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_long_life_comes_to_the_same_however_a_store_is_opened(string shape)
    {
        int scripts = Setting("PACKSTORE_MODEL_SCRIPTS", DefaultScripts);
        int operations = Setting("PACKSTORE_MODEL_OPERATIONS", DefaultOperations);
        int seed = Setting("PACKSTORE_MODEL_SEED", 1);
        Check(ModelShapes.All[shape], scripts, operations, seed);
        output.WriteLine($"{shape}: {scripts} scripts of {operations} operations, seed {seed}");
    }

    /// <summary>Runs scripts under a shape; throws with the shrunk script of the first that fails.</summary>
    internal static void Check(StoreShape shape, int scripts, int operations, int seed)
    {
        Config config = Config.QuickThrowOnFailure.WithMaxTest(scripts).WithReplay(FSharpOption<Replay>.Some(
            new Replay(new Rnd((ulong)seed, 1), FSharpOption<int>.None)));
        Prop.ForAll(ModelScript.Of(operations), script => Run(shape, script)).Check(config);
    }

    private static void Run(StoreShape shape, ModelScript script)
    {
        using ModelRun run = new(shape, ModelShapes.MakeDisk(shape), ModelScript.Keys);
        int done = 0;
        foreach (StoreOperation operation in script.Operations)
        {
            run.Do(operation);
            if (++done % CompareEvery == 0)
            {
                run.AssertSame();
            }
        }

        run.AssertSame();
        run.Do(new StoreOperation(StoreVerb.Reopen, 0, 0, 0));
        run.AssertSame();
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out int value)
            ? value
            : otherwise;
}
