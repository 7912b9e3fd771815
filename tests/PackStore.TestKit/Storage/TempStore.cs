namespace PackStore.TestKit;

/// <summary>A directory of its own for one test, removed with all that is in it.</summary>
internal sealed class TempStore : IDisposable
{
    /// <summary>Creates the directory.</summary>
    public TempStore() => RootPath = Directory.CreateTempSubdirectory("packstore-").FullName;

    /// <summary>The directory.</summary>
    public string RootPath { get; }

    /// <summary>A path inside it.</summary>
    public string PathOf(string name) => Path.Combine(RootPath, name);

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(RootPath, recursive: true);
}
