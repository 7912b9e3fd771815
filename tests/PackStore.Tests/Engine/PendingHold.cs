namespace PackStore.Tests.Engine;

/// <summary>
/// Holds up the background thread that persists pending files, so that a test sees them pending. Puts of pending
/// files go on on this thread.
/// </summary>
internal sealed class PendingHold : IDisposable
{
    private static readonly ArtifactKey s_key = ArtifactKey.FromHash("held");
    private readonly ArtifactStore _store;
    private readonly string _file;

    private PendingHold(ArtifactStore store)
    {
        _store = store;
        _file = Path.GetTempFileName();
        // The worker takes its artifacts in order, so it cannot get at the test's before it has stored this
        // one, which takes the lock.
        store.Engine.Core.WriteLock.Enter();
        Wait(store.PutAsync(s_key, ArtifactOutcome.Success, [ArtifactPayload.FromPendingFile("held", _file)]).AsTask());
    }

    public static PendingHold Of(ArtifactStore store) => new(store);

    public void Dispose()
    {
        // Overtaken: nothing of it is seen by the test.
        Wait(_store.RemoveAsync(s_key).AsTask());
        _store.Engine.Core.WriteLock.Exit();
        File.Delete(_file);
    }

    private static void Wait(Task task) => task.GetAwaiter().GetResult();
}
