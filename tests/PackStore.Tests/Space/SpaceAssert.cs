using PackStore.Engine;
using PackStore.Format;
using Xunit;

namespace PackStore.Tests.Space;

/// <summary>What has to hold of every store's counts.</summary>
internal static class SpaceAssert
{
    /// <summary>The counts that are kept are those that counting anew gives, in all and for each segment.</summary>
    public static void CountsAreThoseOfTheData(ArtifactStore store)
    {
        StoreCore core = store.Engine.Core;
        Assert.True(core.Accounting.IsExact);
        StoreCounters kept = core.Accounting.Counters;
        long live = core.Accounting.LiveBytes;
        long[] segments = [.. core.State.Segments.All.Select(static s => s.LiveBytes)];
        LiveRecount.Run(core, CancellationToken.None);
        Assert.Equal(core.Accounting.Counters, kept);
        Assert.Equal(core.Accounting.LiveBytes, live);
        Assert.Equal(core.State.Segments.All.Select(static s => s.LiveBytes), segments);
    }
}
