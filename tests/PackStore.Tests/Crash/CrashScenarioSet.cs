namespace PackStore.Tests.Crash;

/// <summary>
/// Some scenarios. A class that derives from this, anywhere in the test assembly, is found by itself: its scenarios
/// join the crash states, the kills and the fault sweep.
/// </summary>
internal abstract class CrashScenarioSet
{
    /// <summary>The scenarios; their names differ from all others.</summary>
    public abstract IEnumerable<CrashScenario> Make();

    /// <summary>The scenarios of all sets, in the order of the sets' names.</summary>
    public static IEnumerable<CrashScenario> FindAll() => typeof(CrashScenarioSet).Assembly.GetTypes()
        .Where(static t => t.IsSubclassOf(typeof(CrashScenarioSet)) && !t.IsAbstract)
        .OrderBy(static t => t.FullName, StringComparer.Ordinal)
        .SelectMany(static t => ((CrashScenarioSet)Activator.CreateInstance(t)!).Make());
}
