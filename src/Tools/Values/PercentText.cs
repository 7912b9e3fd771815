namespace PackStore.Tools.Values;

/// <summary>Shares as people write them: <c>5%</c>.</summary>
internal static class PercentText
{
    /// <summary>Reads a share above 0 % and up to 100 %, or ends the run with a usage error. Returns 0 to 1.</summary>
    public static double Parse(string text, string option)
    {
        ReadOnlySpan<char> number = text.AsSpan();
        if (number.EndsWith("%"))
        {
            number = number[..^1];
        }

        return NumberText.TryParse(number, out decimal percent) && percent is > 0 and <= 100
            ? (double)(percent / 100)
            : throw ToolException.Usage($"{option}: '{text}' is not a share above 0% and up to 100%.");
    }
}
