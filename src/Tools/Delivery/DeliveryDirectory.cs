using PackStore.Tools.Files;

namespace PackStore.Tools.Delivery;

/// <summary>
/// A directory that outputs are delivered into. Nothing is ever written outside of it: no link that lies in it is
/// followed, neither on the way nor at the end.
/// </summary>
/// <remarks>Guards against what lies there already, not against somebody who swaps directories for links
/// meanwhile.</remarks>
internal sealed class DeliveryDirectory
{
    private readonly string _root;

    public DeliveryDirectory(string root)
    {
        _root = Path.GetFullPath(root);
        if (File.Exists(_root))
        {
            throw ToolException.Failed($"{root} is a file, not a directory.");
        }

        Directory.CreateDirectory(_root);
    }

    /// <summary>The full path.</summary>
    public string FullPath => _root;

    /// <summary>Makes the directories above a name, one by one; says why that cannot be, or
    /// <see langword="null"/>.</summary>
    public string? PrepareParents(string relativePath)
    {
        string path = _root;
        string[] components = relativePath.Split('/');
        for (int i = 0; i < components.Length - 1; i++)
        {
            path = Path.Join(path, components[i]);
            if (FileFacts.TryRead(path) is not { } found)
            {
                Directory.CreateDirectory(path);
            }
            else if (found.Kind != FileKind.Directory)
            {
                return found.Kind == FileKind.Link ? "leads through a link" : "leads through a file";
            }
        }

        return FileFacts.TryRead(Resolve(relativePath)) is { Kind: FileKind.Directory }
            ? "is the name of a directory there"
            : null;
    }

    /// <summary>The full path of a name.</summary>
    public string Resolve(string relativePath) => Path.Join(_root, relativePath);

    /// <summary>Delivers one output under a name whose parents are prepared. A file or link of that name is
    /// replaced.</summary>
    public DeliveryMethod Deliver(in PayloadLease lease, int index, string relativePath, LinkPolicy link) =>
        FileDelivery.Replace(lease, index, Resolve(relativePath), link);
}
