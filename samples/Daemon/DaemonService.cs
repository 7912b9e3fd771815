using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace PackStore.Samples.Daemon;

/// <summary>Owns the store and the listener: opens both, accepts, and on the way out drains, flushes,
/// disposes.</summary>
internal sealed partial class DaemonService(DaemonOptions options, ILogger<DaemonService> logger) : BackgroundService
{
    /// <summary>How long requests under way may take once the daemon is told to stop.</summary>
    internal static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(10);

    private const int LargeRequestsAtMost = 4;
    private readonly SemaphoreSlim _largeRequests = new(LargeRequestsAtMost);
    private readonly SemaphoreSlim _slots = new(options.MaxConnections);

    // Guards itself; holds the connections being served.
    private readonly HashSet<Task> _connections = [];
    private ArtifactStore? _store;
    private DaemonListener? _listener;
    private MaintenanceLoop? _maintenance;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        _store = ArtifactStore.Open(options.StoreDirectory, new PackStoreOptions { MaxBytes = options.MaxBytes });
        try
        {
            _listener = DaemonListener.Open(options);
            _maintenance = new MaintenanceLoop(_store);
            _maintenance.Start();
        }
        catch
        {
            await _store.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        Console.WriteLine($"listening on {_listener.Endpoint}");
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    public override void Dispose()
    {
        _largeRequests.Dispose();
        _slots.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_store is null || _listener is null)
        {
            throw new InvalidOperationException("The daemon was not started.");
        }

        using var abort = new CancellationTokenSource();
        try
        {
            await AcceptAsync(_store, _listener, abort.Token, stoppingToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The ordinary end.
        }
        finally
        {
            await CloseAsync(_store, _listener, abort).ConfigureAwait(false);
        }
    }

    private async Task CloseAsync(ArtifactStore store, DaemonListener listener, CancellationTokenSource abort)
    {
        listener.Dispose();
        await DrainAsync(abort).ConfigureAwait(false);
        try
        {
            if (_maintenance is not null)
            {
                await _maintenance.DisposeAsync().ConfigureAwait(false);
            }

            await store.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (PackStoreException)
        {
            // The host logs it and ends; whoever started the daemon has to see that not all is on the medium.
            Environment.ExitCode = 4;
            throw;
        }
        finally
        {
            await store.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task AcceptAsync(
        ArtifactStore store, DaemonListener listener, CancellationToken abort, CancellationToken stopping)
    {
        while (true)
        {
            await _slots.WaitAsync(stopping).ConfigureAwait(false);
            Socket socket = await listener.Socket.AcceptAsync(stopping).ConfigureAwait(false);
            var connection = new Connection(socket, store, options.MaxRequestBytes, _largeRequests);
            Task served = ServeAsync(connection, stopping, abort);
            lock (_connections)
            {
                _connections.Add(served);
                _connections.RemoveWhere(task => task.IsCompleted);
            }
        }
    }

    private async Task ServeAsync(Connection connection, CancellationToken draining, CancellationToken abort)
    {
        await Task.Yield();
        try
        {
            await connection.RunAsync(draining, abort).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            LogConnectionFailed(logger, e);
        }
        finally
        {
            _slots.Release();
        }
    }

    private async Task DrainAsync(CancellationTokenSource abort)
    {
        Task[] running;
        lock (_connections)
        {
            running = [.. _connections];
        }

        abort.CancelAfter(DrainTimeout);
        await Task.WhenAll(running).ConfigureAwait(false);
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "A connection failed.")]
    private static partial void LogConnectionFailed(ILogger logger, Exception exception);
}
