using System.Text;
using PackStore.Tools.Delivery;

namespace PackStore.Fuzz.Targets;

/// <summary>Names of outputs, one a line, on their way to becoming paths: whatever they are, each output gets a place
/// of its own inside the directory.</summary>
internal sealed class NamesTarget : IFuzzTarget
{
    private const int MaxNames = 64;
    private const int DirectoryBytes = 20;

    public string Name => "names";

    public long FreeBytes => 4 << 20;

    public IReadOnlyList<byte[]> Seeds() =>
    [
        .. new[]
        {
            "main.o\nmain.d", "a/b/c\na/b\na", "../../etc/passwd\n/etc/passwd\n..\n.\n", "c:\\x\nc:x\na\\b",
            "output-1\noutput-0\n../x\n../y", "x\nx\nx", "a//b\na/./b\na/\n", $"{new string('n', 300)}\nok",
            "caf\u00E9\ncafe\u0301\n\u202Egnp.exe",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    public bool Run(ReadOnlySpan<byte> input)
    {
        string[] names = [.. Encoding.UTF8.GetString(input).Split('\n').Take(MaxNames)];
        IReadOnlyList<DeliveryName> plan = DeliveryNames.Plan(names, DirectoryBytes, static _ => null);
        FuzzFailureException.Require(plan.Count == names.Length, "each output has a place");
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (DeliveryName name in plan)
        {
            string path = Path.GetFullPath(Path.Combine("/out", name.RelativePath));
            FuzzFailureException.Require(
                path.StartsWith("/out/", StringComparison.Ordinal), $"'{name.RelativePath}' stays inside");
            FuzzFailureException.Require(seen.Add(path), $"'{name.RelativePath}' has its place for itself");
        }

        foreach (string path in seen)
        {
            for (string? at = Path.GetDirectoryName(path); at is { Length: > 4 }; at = Path.GetDirectoryName(at))
            {
                FuzzFailureException.Require(!seen.Contains(at), $"'{at}' is a file or a directory, not both");
            }
        }

        return plan.All(static n => n.Refused is null);
    }

    public void Repair(Span<byte> input)
    {
        // Nothing to repair: names have no checksum.
    }
}
