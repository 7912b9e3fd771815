using PackStore.Tools.Values;

namespace PackStore.Tools.Commands;

/// <summary>The commands that the tool tells its users to run.</summary>
internal static class NextStep
{
    /// <summary>What saves a damaged store.</summary>
    public static string AfterDamage(string store) => $"packtool repair {Printable.Quote(store)}";

    /// <summary>What goes on with a verification in parts.</summary>
    public static string GoOn(string store, string file) =>
        $"packtool verify {Printable.Quote(store)} --resume {Printable.Quote(file)}";

    /// <summary>What shows that a repair has done its work.</summary>
    public static string AfterRepair(string store) => $"packtool verify {Printable.Quote(store)}";

    /// <summary>What saves what can be read of a store that repair could not mend.</summary>
    public static string AfterFailedRepair(string store) => $"packtool export {Printable.Quote(store)} NEWSTORE";

    /// <summary>What a user who met a miss that should have been a hit wants to know.</summary>
    public static string AfterBadHit(string store) => $"packtool verify {Printable.Quote(store)}";
}
