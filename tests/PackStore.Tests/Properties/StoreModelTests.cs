using System.Runtime.Versioning;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace PackStore.Tests.Properties;

/// <summary>
/// Whatever is done to a store, it answers as a dictionary would. A failure prints the shrunk life and a replay seed
/// for <c>[Property(Replay = "...")]</c>.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class StoreModelTests
{
    [Property(MaxTest = 100)]
    public Property A_store_is_a_dictionary() => Prop.ForAll(StoreLife.Arbitrary, static life =>
    {
        using ModelRun run = new(life.Shape, new ScratchModelDisk(), StoreLife.Keys);
        foreach (StoreOperation operation in life.Operations)
        {
            run.Do(operation);
        }

        run.AssertSame();
        run.Do(new StoreOperation(StoreVerb.Reopen, 0, 0, 0));
        run.AssertSame();
    });
}
