namespace PackStore.Fuzz;

/// <summary>One parser under fire.</summary>
/// <param name="Name">As it is called on the command line.</param>
/// <param name="Seeds">Sound inputs to start from.</param>
/// <param name="Repair">Gives an input the checksum it should have, where it is long enough.</param>
/// <param name="Accepts">Parses; says whether the input was taken. Whatever it throws is a finding.</param>
internal sealed record FuzzTarget(
    string Name, IReadOnlyList<byte[]> Seeds, Action<byte[]> Repair, Func<byte[], bool> Accepts);
