using System.Xml.Linq;

namespace PackStore.Tests.Architecture;

/// <summary>What the library shows: little, explained, and all in one namespace.</summary>
internal static class PublicSurfaceRules
{
    public const int Budget = 600;

    /// <summary>The entries of the public API files; comments and directives do not count.</summary>
    public static IEnumerable<string> Entries(string publicApiText) => publicApiText
        .ReplaceLineEndings("\n").Split('\n').Where(line => line.Length > 0 && line[0] != '#');

    public static IEnumerable<string> OverBudget(params string[] publicApiTexts)
    {
        int count = publicApiTexts.Sum(text => Entries(text).Count());
        if (count > Budget)
        {
            yield return $"{count} public API entries, at most {Budget}";
        }
    }

    public static IEnumerable<string> SubNamespaces(IEnumerable<Type> exported) => exported
        .Where(type => type.Namespace != "PackStore")
        .Select(type => $"{type.FullName} is public outside the namespace PackStore");

    /// <summary>Each type has a summary, and one that says something.</summary>
    public static IEnumerable<string> Undocumented(IEnumerable<Type> exported, XDocument documentation)
    {
        Dictionary<string, string> summaries = documentation.Descendants("member").ToDictionary(
            member => member.Attribute("name")!.Value,
            member => ((string?)member.Element("summary"))?.Trim() ?? "");
        foreach (Type type in exported)
        {
            string summary = summaries.GetValueOrDefault("T:" + type.FullName!.Replace('+', '.'), "");
            if (!summary.Contains(' ', StringComparison.Ordinal))
            {
                yield return $"{type.FullName} has no summary";
            }
        }
    }
}
