using PackStore.Engine.Importing;

namespace PackStore.Migration;

/// <summary>What all parts of one run share.</summary>
/// <param name="Target">Where artifacts go.</param>
/// <param name="Tally">Counts.</param>
/// <param name="NowUnixMs">The time of the run, milliseconds since 1970.</param>
/// <param name="Move">Whether source files are to be deleted.</param>
/// <param name="Workers">How many entries are worked on at a time.</param>
internal sealed record MigrationContext(
    IImportTarget Target, MigrationTally Tally, long NowUnixMs, bool Move, int Workers);
