using PackStore.Engine.Opening;
using PackStore.Format;

namespace PackStore.Verification;

/// <summary>HEAD, read again whenever it matters how far a live writer is.</summary>
internal sealed class HeadView : IDisposable
{
    private readonly VerifyRun _run;
    private readonly HeadPage? _page;

    public HeadView(VerifyRun run)
    {
        _run = run;
        try
        {
            _page = HeadPage.TryOpen(run.Directory);
            if (_page is null)
            {
                run.Findings.Note($"{StoreFileNames.Head}: absent or short; the next writer makes it anew");
            }
            else if (!_page.IsCurrent(run.Identity.StoreId, run.Directory.BootId))
            {
                run.Findings.Note($"{StoreFileNames.Head}: not of this store and boot; the next writer makes it anew");
            }
        }
        catch (IOException e)
        {
            run.Findings.Note($"{StoreFileNames.Head}: {e.Message}");
        }
    }

    /// <summary>The committed end and the last directory block now; null if HEAD says nothing about this
    /// boot.</summary>
    public (RecordLocation Committed, RecordLocation Directory)? Read() =>
        _page is not null && _page.IsCurrent(_run.Identity.StoreId, _run.Directory.BootId)
            ? (_page.Committed, _page.Directory)
            : null;

    /// <inheritdoc/>
    public void Dispose() => _page?.Dispose();
}
