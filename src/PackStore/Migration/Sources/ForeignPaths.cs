using System.Diagnostics.CodeAnalysis;
using PackStore.Storage.Foreign;

namespace PackStore.Migration.Sources;

/// <summary>Walks from one foreign directory to another below it, one real directory at a time.</summary>
internal static class ForeignPaths
{
    /// <summary>Opens a path of at least one component; the caller disposes of it.</summary>
    public static bool TryOpen(
        IForeignDirectory from, string path, [NotNullWhen(true)] out IForeignDirectory? directory)
    {
        directory = null;
        foreach (string name in path.Split('/'))
        {
            ForeignStatus status = (directory ?? from).TryOpenDirectory(name, out IForeignDirectory? next);
            directory?.Dispose();
            directory = next;
            if (status != ForeignStatus.Ok)
            {
                return false;
            }
        }

        return directory is not null;
    }
}
