using PackStore.Tools.Values;

namespace PackStore.Tools.Commands;

/// <summary>The commands that the tool tells its users to run.</summary>
internal static class NextStep
{
    /// <summary>What saves a damaged store.</summary>
    public static string AfterDamage(string store) => $"packtool export {Printable.Quote(store)} NEWSTORE";

    /// <summary>What a user who met a miss that should have been a hit wants to know.</summary>
    public static string AfterBadHit(string store) => $"packtool verify {Printable.Quote(store)}";
}
