using PackStore.Engine.Importing;

namespace PackStore.Migration.Sources;

/// <summary>The payloads of one entry as they were found, in one layout or another.</summary>
internal sealed class EntryPayloads
{
    /// <summary>The outputs, in order.</summary>
    public List<ImportedOutput> Outputs { get; } = [];

    /// <summary>The files that hold them, and those beside that mean nothing without them, in the order in which they
    /// can be deleted: what leads to others after those.</summary>
    public List<SourceFile> Files { get; } = [];

    /// <summary>The file or directory that is named in reports, below the root.</summary>
    public string Source { get; set; } = "";

    /// <summary>Length of the outputs.</summary>
    public long Bytes { get; set; }

    /// <summary>Whether a recorded digest was found right for every byte.</summary>
    public bool IsDigestChecked { get; set; }

    /// <summary>Gives back what was made of them.</summary>
    public void Drop(IImportTarget target)
    {
        foreach (ImportedOutput output in Outputs)
        {
            if (output.File is { } file)
            {
                target.Drop(file);
            }
        }

        Outputs.Clear();
        Files.Clear();
        Bytes = 0;
    }
}
