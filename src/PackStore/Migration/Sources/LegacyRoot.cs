using System.Text;
using PackStore.Storage;
using PackStore.Storage.Foreign;

namespace PackStore.Migration.Sources;

/// <summary>One legacy cache, opened: its directories, what is in them, and the locks that keep its daemons
/// away.</summary>
/// <remarks>Names are those of one listing; what went away since is found missing when it is opened, and what came
/// since is for the next run.</remarks>
internal sealed class LegacyRoot : IDisposable
{
    // A daemon's process id and a line end; bounds what is read of it.
    private const int MaxHolderBytes = 64;

    private readonly IForeignDirectory _directory;
    private readonly bool _ownsDirectory;
    private readonly List<IDisposable> _locks = [];
    private bool _isDatabaseBusy;

    private LegacyRoot(IForeignDirectory directory, bool ownsDirectory, MigrationRoot report)
    {
        _directory = directory;
        _ownsDirectory = ownsDirectory;
        Report = report;
    }

    /// <summary>What is said of it.</summary>
    public MigrationRoot Report { get; }

    /// <summary>The directory.</summary>
    public IForeignDirectory Directory => _directory;

    /// <summary>Its <c>artifacts</c>, if there is one.</summary>
    public IForeignDirectory? Artifacts { get; private set; }

    /// <summary>Whether <see cref="Artifacts"/> was opened and listed to its end.</summary>
    public ForeignStatus ArtifactsStatus { get; private set; }

    /// <summary>Its staged generations, if there are any.</summary>
    public IForeignDirectory? Staged { get; private set; }

    /// <summary>Whether something else stands where staged generations should be: then no row can be believed to have
    /// none.</summary>
    public bool HasWrongStaged { get; private set; }

    /// <summary>Names in <see cref="Artifacts"/>.</summary>
    public NameSet Names { get; } = new();

    /// <summary>Pointers in <see cref="Staged"/>.</summary>
    public NameSet Pointers { get; } = new();

    /// <summary>Whether any payload may have a digest beside it.</summary>
    public bool HasDigests { get; private set; }

    /// <summary>Whether files may be deleted: nobody else is at work here.</summary>
    public bool MayDelete => !Report.IsLive;

    /// <summary>Opens a root that was found below <paramref name="top"/>; <see langword="null"/> if it went
    /// away.</summary>
    /// <param name="top">The top, which stays the caller's.</param>
    /// <param name="path">Where it is below that.</param>
    /// <param name="exclusive">Whether readers of the cache are to be kept out too, because files will be
    /// deleted.</param>
    public static LegacyRoot? TryOpen(IForeignDirectory top, string path, bool exclusive)
    {
        IForeignDirectory? directory = top;
        if (path.Length > 0 && !ForeignPaths.TryOpen(top, path, out directory))
        {
            return null;
        }

        LegacyRoot root = new(directory, path.Length > 0, new MigrationRoot(path));
        root.Open(exclusive);
        return root;
    }

    /// <summary>Opens the older index, which its daemon keeps locked for its whole life: then it is
    /// <see cref="ForeignStatus.Busy"/>.</summary>
    public ForeignStatus TryOpenDatabase(out IStoreFile? file)
    {
        file = null;
        return _isDatabaseBusy ? ForeignStatus.Busy : _directory.TryOpen(LegacyNames.Database, out file);
    }

    /// <summary>A path below the top, for reports.</summary>
    public string PathOf(string name) => Report.Path.Length == 0 ? name : $"{Report.Path}/{name}";

    /// <inheritdoc/>
    public void Dispose()
    {
        _locks.ForEach(static l => l.Dispose());
        Staged?.Dispose();
        Artifacts?.Dispose();
        if (_ownsDirectory)
        {
            _directory.Dispose();
        }
    }

    private void Open(bool exclusive)
    {
        // The daemon's lock is held for its whole life, so it is never waited for. Where there is no such file, the
        // cache is of a version that had none.
        Lock(_directory, LegacyNames.WriterLock, exclusive: true);
        _isDatabaseBusy = Lock(_directory, LegacyNames.Database, exclusive: false) == ForeignStatus.Busy;
        ArtifactsStatus = _directory.TryOpenDirectory(LegacyNames.Artifacts, out IForeignDirectory? artifacts);
        if (ArtifactsStatus != ForeignStatus.Ok)
        {
            return;
        }

        Artifacts = artifacts;
        ForeignStatus status = artifacts!.TryOpenDirectory(LegacyNames.Staged, out IForeignDirectory? staged);
        Staged = staged;
        HasWrongStaged = status is not (ForeignStatus.Ok or ForeignStatus.Absent);
        if (staged is not null)
        {
            Lock(staged, LegacyNames.StoreLock, exclusive);
            staged.List((name, kind) =>
            {
                if (name.EndsWith(".current"u8))
                {
                    Pointers.Add(name, kind);
                }
            });
        }

        ArtifactsStatus = artifacts.List((name, kind) =>
        {
            Names.Add(name, kind);
            HasDigests |= name.StartsWith(".cowhash-"u8);
        });
    }

    private ForeignStatus Lock(IForeignDirectory directory, string name, bool exclusive)
    {
        ForeignStatus status = directory.TryLock(name, exclusive, out IDisposable? taken);
        if (taken is not null)
        {
            _locks.Add(taken);
        }

        if (status == ForeignStatus.Busy)
        {
            Report.IsLive = true;
            ReadHolder();
        }

        return status;
    }

    private void ReadHolder()
    {
        Span<byte> text = stackalloc byte[MaxHolderBytes];
        if (_directory.Read(".writer.lock"u8, text, out int read) == ForeignStatus.Ok)
        {
            Report.Daemon = Encoding.UTF8.GetString(text[..read]).Trim();
        }
    }
}
