#if PACKSTORE_PROOF
namespace PackStore.Proof;

/// <summary>
/// Which <see cref="PlantedBug"/> the engine has now. Not in Release builds, and neither are the lines that ask.
/// </summary>
/// <remarks>One for the process, background threads included: tests that plant run while no other test does.</remarks>
internal static class PlantedBugs
{
    private static volatile int s_planted;

    /// <summary>Whether the engine has this bug.</summary>
    public static bool Has(PlantedBug bug) => s_planted == (int)bug;

    /// <summary>Plants a bug until the returned value is disposed.</summary>
    public static IDisposable Plant(PlantedBug bug)
    {
        if (Interlocked.CompareExchange(ref s_planted, (int)bug, (int)PlantedBug.None) != (int)PlantedBug.None)
        {
            throw new InvalidOperationException("A bug is planted already.");
        }

        return new Plot();
    }

    private sealed class Plot : IDisposable
    {
        public void Dispose() => s_planted = (int)PlantedBug.None;
    }
}
#endif
