using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace PackStore.Tests.Repair;

/// <summary>Keeps what a store logs.</summary>
internal sealed class EventLog : ILoggerFactory, ILogger
{
    /// <summary>Events so far, in order.</summary>
    public ConcurrentQueue<(int Id, string Text)> Events { get; } = [];

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter) =>
        Events.Enqueue((eventId.Id, formatter(state, exception)));

    public void Dispose()
    {
    }
}
