namespace PackStore.Tools;

/// <summary>How a run ended. The numbers and the lowercase names are a contract with scripts.</summary>
internal enum ExitCode
{
    Ok = 0,
    Failed = 1,
    Usage = 2,
    Damage = 3,
    Repaired = 4,
    Warnings = 5,
    NotFound = 6,
    Locked = 7,
    Format = 8,
    NoSpace = 9,
    WouldChange = 10,
    ReadOnly = 11,
    Interrupted = 130,
}
