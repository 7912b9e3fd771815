using System.Globalization;
using PackStore.Migration.Legacy;

namespace PackStore.Tests.Migration;

/// <summary>Everything that a decoded value says, as text: two are the same if their texts are.</summary>
internal static class LegacyText
{
    public static string Of(LegacyRow row) => string.Create(
        CultureInfo.InvariantCulture,
        $"key {Quote(row.Key)} names [{List(row.Names.Select(Quote))}] sizes [{List(row.Sizes)}] out {Of(row.Stdout)} "
        + $"err {Of(row.Stderr)} exit {row.ExitCode} total {row.TotalSize} at {row.StoredAtSeconds} "
        + $"verdicts [{List(row.Verdicts.Select(Of))}] modes [{List(row.Modes)}]");

    public static string Of(LegacyMeta meta) => string.Create(
        CultureInfo.InvariantCulture,
        $"{meta.Shape} [{List(meta.Outputs.Select(o => $"{Quote(o.Name)}={Of(o.Data)}"))}] out {Of(meta.Stdout)} "
        + $"err {Of(meta.Stderr)} exit {meta.ExitCode}");

    public static string Of(StagedManifest manifest) =>
        $"{Quote(manifest.Key)} {manifest.Generation} [{List(manifest.Rows)}]";

    public static string Of(DirectoryBundle bundle) =>
        $"{bundle.RootMode} {bundle.RootModified} ["
        + List(bundle.Entries.Select(e => $"{Quote(e.Path)} {e.IsFile} {Of(e.Data)} {e.Mode} {e.Modified}")) + "]";

    private static string Of(ArtifactVerdict verdict) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Quote(verdict.Name)} {Of(verdict.StandardOutput)} {Of(verdict.StandardError)} {verdict.ExitCode}");

    private static string Of(ReadOnlyMemory<byte> bytes) => Convert.ToHexString(bytes.Span);

    private static string Quote(string text) => Of(System.Text.Encoding.Unicode.GetBytes(text));

    private static string List<T>(IEnumerable<T> items) => string.Join(", ", items);
}
