namespace PackStore.Tools.Commands;

/// <summary>One file on its way into an artifact.</summary>
/// <param name="Name">The output's name.</param>
/// <param name="Path">Where the bytes are.</param>
/// <param name="IsRegular">Whether it is a regular file, so that its length is known and it can be read again.</param>
/// <param name="Length">Its length in bytes; 0 if it is not regular.</param>
internal sealed record PutFile(string Name, string Path, bool IsRegular, long Length)
{
    /// <summary>Checks what was asked for before any store is touched.</summary>
    public static IReadOnlyList<PutFile> Resolve(string[] paths, string[] names)
    {
        if (names.Length != 0 && names.Length != paths.Length)
        {
            throw ToolException.Usage(
                $"--name: {names.Length} names for {paths.Length} files; give one a FILE, or none.");
        }

        PutFile[] files = new PutFile[paths.Length];
        for (int i = 0; i < paths.Length; i++)
        {
            files[i] = Resolve(paths[i], names.Length == 0 ? System.IO.Path.GetFileName(paths[i]) : names[i]);
        }

        return files;
    }

    private static PutFile Resolve(string path, string name)
    {
        if (path.Length == 0)
        {
            throw ToolException.Usage("FILE is empty.");
        }

        if (Directory.Exists(path))
        {
            throw ToolException.Failed($"{path} is a directory, not a file.");
        }

        if (!File.Exists(path))
        {
            throw ToolException.Failed($"{path}: no such file.");
        }

        string target = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        if (Files.FileFacts.TryRead(target) is not { Kind: Files.FileKind.Regular } facts)
        {
            return new PutFile(name, path, IsRegular: false, 0);
        }

        // Opened once so that a file that may not be read fails before a store is created for it.
        using Microsoft.Win32.SafeHandles.SafeFileHandle handle = File.OpenHandle(
            path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        return new PutFile(name, path, IsRegular: true, facts.Length);
    }
}
