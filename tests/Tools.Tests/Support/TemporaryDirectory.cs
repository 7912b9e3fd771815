namespace PackStore.Tools.Tests.Support;

/// <summary>A directory that goes away with the test.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("packtool-").FullName;

    public string this[string name] => Path.Join(_path, name);

    public static implicit operator string(TemporaryDirectory directory) => directory._path;

    public string WriteFile(string name, ReadOnlySpan<byte> bytes)
    {
        string path = this[name];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public void Dispose()
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.Delete(_path, recursive: true);
        }
        else
        {
            // The framework cannot remove what has a name that is no text.
            Shell.Run("rm -rf \"$PWD\"", _path);
        }
    }
}
