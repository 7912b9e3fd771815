using System.Diagnostics;
using System.Text.Json;
using PackStore.Tests.Architecture;

namespace PackStore.Tests.Migration.Job;

/// <summary>The legacy roots that the fixtures' own script writes, with the manifest of what is in them; made once for
/// all tests that ask, where the script and Python are.</summary>
internal static class GeneratedRoots
{
    private const string Script = "../shared/fixtures/make_legacy.py";

    private static readonly Lazy<(string? Folder, string Reason)> s_made = new(Make);

    /// <summary>Where they are; <see langword="null"/> if they cannot be made.</summary>
    public static string? Folder => s_made.Value.Folder;

    /// <summary>Why they cannot be made.</summary>
    public static string Reason => s_made.Value.Reason;

    /// <summary>What the manifest says of the roots, by name.</summary>
    public static IEnumerable<(string Name, JsonElement Expected)> All()
    {
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder!, "manifest.json")));
        foreach (JsonProperty root in manifest.RootElement.GetProperty("roots").EnumerateObject())
        {
            yield return (root.Name, root.Value.Clone());
        }
    }

    private static (string? Folder, string Reason) Make()
    {
        string script = Path.GetFullPath(Path.Combine(Repository.Root, Script));
        if (!File.Exists(script))
        {
            return (null, $"{Script} is not beside this checkout");
        }

        string folder = Directory.CreateTempSubdirectory("packstore-legacy-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        try
        {
            using Process python = Process.Start(new ProcessStartInfo("python3", [script, folder, "--no-check"])
            {
                RedirectStandardOutput = true,
                // The script's folder is not ours to write to.
                Environment = { ["PYTHONDONTWRITEBYTECODE"] = "1" },
            })!;
            python.StandardOutput.ReadToEnd();
            python.WaitForExit();
            return python.ExitCode == 0 ? (folder, "") : (null, $"{Script} exits with {python.ExitCode}");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return (null, "there is no python3");
        }
    }
}
