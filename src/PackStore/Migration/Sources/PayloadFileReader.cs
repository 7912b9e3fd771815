using System.Text;
using PackStore.Engine.Importing;
using PackStore.Loose;
using PackStore.Migration.Legacy.Hashing;
using PackStore.Storage;
using PackStore.Storage.Foreign;

namespace PackStore.Migration.Sources;

/// <summary>Reads one payload file whole: into memory, or on to the loose tier; of the size and digest that were
/// recorded, or a reason why not.</summary>
/// <param name="target">Where large ones go.</param>
/// <param name="arena">Where small ones go.</param>
/// <param name="mayLink">Whether large files may be linked instead of copied, because their names will be
/// deleted.</param>
internal sealed class PayloadFileReader(IImportTarget target, ReadArena arena, bool mayLink)
{
    // Up to here a size is believed without asking the file: it bounds what a row that lies can make us take.
    private const int TrustedBytes = 64 << 10;

    /// <summary>Memory for one batch.</summary>
    public ReadArena Arena => arena;

    /// <summary>Where large payloads go.</summary>
    public IImportTarget Target => target;

    /// <summary>Reads a file of a directory and adds it to the outputs; returns the reason if it cannot.</summary>
    /// <param name="directory">Where it is.</param>
    /// <param name="name">Its name in UTF-8.</param>
    /// <param name="isListed">Whether a listing called it a file.</param>
    /// <param name="output">What it is to be: key, number, name, mode, size, digest.</param>
    /// <param name="into">What it is added to.</param>
    public string? Read(
        IForeignDirectory directory, ReadOnlySpan<byte> name, bool isListed, in ExpectedOutput output,
            EntryPayloads into)
    {
        if (output.Size >= (ulong)target.LooseFrom)
        {
            return Take(directory, Encoding.UTF8.GetString(name), output, into);
        }

        if (!isListed || output.Size > TrustedBytes)
        {
            ForeignStatus examined = directory.Examine(Encoding.UTF8.GetString(name), out ForeignFacts facts);
            if (examined != ForeignStatus.Ok || facts.Kind != ForeignKind.File)
            {
                return examined == ForeignStatus.Ok ? SkipReasons.Kind : SkipReasons.Of(examined);
            }

            if ((ulong)facts.Length != output.Size)
            {
                return SkipReasons.Size;
            }
        }

        // One byte more than there should be, so that a longer file shows.
        int size = (int)output.Size;
        Memory<byte> bytes = arena.Take(size + 1);
        ForeignStatus status = directory.Read(name, bytes.Span, out int read);
        if (status != ForeignStatus.Ok || read != size)
        {
            return status == ForeignStatus.Ok ? SkipReasons.Size : SkipReasons.Of(status);
        }

        bytes = bytes[..size];
        if (output.Digest is { } digest && Blake3.HashData(bytes.Span) != digest)
        {
            return SkipReasons.Digest;
        }

        into.Outputs.Add(new ImportedOutput(output.Name, output.Mode, bytes));
        into.Bytes += size;
        return null;
    }

    /// <summary>Brings bytes of an open file on to the loose tier.</summary>
    public string? Take(
        IStoreFile file, long offset, string? linkFrom, in ExpectedOutput output, EntryPayloads into)
    {
        Blake3? hash = output.Digest is null ? null : new Blake3();
        LooseFile taken;
        try
        {
            taken = target.TakeFile(
                output.Key, output.Index, file, offset, (long)output.Size, linkFrom, bytes => hash?.Update(bytes));
        }
        catch (IOException) when (!CanRead(file, offset, (long)output.Size))
        {
            // A source that cannot be read is this entry's own trouble. All other failures are the store's, and go on.
            return SkipReasons.Unreadable;
        }

        into.Outputs.Add(new ImportedOutput(output.Name, output.Mode, default, taken));
        into.Bytes += (long)output.Size;
        return hash is null || hash.Finish() == output.Digest ? null : SkipReasons.Digest;
    }

    private static bool CanRead(IStoreFile file, long offset, long length)
    {
        try
        {
            return LooseHash.TryVisit(file, offset, length, static _ => { });
        }
        catch (IOException)
        {
            return false;
        }
    }

    private string? Take(IForeignDirectory directory, string name, in ExpectedOutput output, EntryPayloads into)
    {
        ForeignStatus status = directory.Examine(name, out ForeignFacts facts);
        if (status == ForeignStatus.Ok && facts.Kind == ForeignKind.File && (ulong)facts.Length != output.Size)
        {
            return SkipReasons.Size;
        }

        if (status != ForeignStatus.Ok || (status = directory.TryOpen(name, out IStoreFile? file)) != ForeignStatus.Ok)
        {
            return SkipReasons.Of(status);
        }

        using (file)
        {
            // A file of several names is somebody's build output too, who may write to it.
            string? linkFrom = mayLink && facts.Links == 1 ? Path.Join(directory.FullPath, name) : null;
            return Take(file!, 0, linkFrom, output, into);
        }
    }
}

/// <summary>What a payload is recorded to be.</summary>
/// <param name="Key">Key of the artifact.</param>
/// <param name="Index">Number of the output.</param>
/// <param name="Name">Its name.</param>
/// <param name="Mode">Permission bits, where recorded.</param>
/// <param name="Size">Length in bytes.</param>
/// <param name="Digest">Digest, where recorded.</param>
internal readonly record struct ExpectedOutput(
    ArtifactKey Key, int Index, string Name, UnixFileMode? Mode, ulong Size, Blake3Digest? Digest);
