namespace PackStore.Migration.Legacy;

/// <summary>The syntax of legacy keys: 1 to 128 hexadecimal digits of either case; every real one is 64,
/// lowercase.</summary>
internal static class LegacyKey
{
    /// <summary>The greatest number of digits.</summary>
    public const int MaxLength = 128;

    /// <summary><see cref="LegacyProblem.None"/>, <see cref="LegacyProblem.BadKey"/>, or <see
    /// cref="LegacyProblem.OddKey"/> for one that is a legal legacy key and yet names no artifact key.</summary>
    public static LegacyProblem FindProblem(ReadOnlySpan<char> key) =>
        !IsValid(key) ? LegacyProblem.BadKey
        : (key.Length & 1) != 0 ? LegacyProblem.OddKey
        : LegacyProblem.None;

    /// <summary>Whether the old program took it for a key; an odd number of digits is allowed.</summary>
    public static bool IsValid(ReadOnlySpan<char> key) =>
        key.Length is >= 1 and <= MaxLength && !key.ContainsAnyExcept(s_digits);

    /// <summary>Whether it is spelled as an artifact key is written: two spellings of one key are two legacy
    /// entries.</summary>
    public static bool IsLowercase(ReadOnlySpan<char> key) => !key.ContainsAnyInRange('A', 'F');

    private static readonly System.Buffers.SearchValues<char> s_digits =
        System.Buffers.SearchValues.Create("0123456789abcdefABCDEF");
}
