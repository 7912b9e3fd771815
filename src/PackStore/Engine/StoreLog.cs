using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace PackStore.Engine;

/// <summary>Every log event, with its stable id. None is written on a hit or a plain miss.</summary>
internal sealed partial class StoreLog(ILoggerFactory? factory)
{
    private readonly ILogger _logger = factory?.CreateLogger("PackStore") ?? NullLogger.Instance;

    [LoggerMessage(1, LogLevel.Information,
        "Opened {Directory}: {State}, {Segments} segments, {Replayed} records to replay")]
    public partial void Opened(string directory, string state, int segments, long replayed);

    [LoggerMessage(2, LogLevel.Warning, "{File}@{Offset}: {Problem}; the artifact is a miss")]
    public partial void Damaged(string file, long offset, string problem);

    [LoggerMessage(3, LogLevel.Error, "A sync failed; the store refuses writes until it is reopened")]
    public partial void Poisoned(Exception cause);

    [LoggerMessage(4, LogLevel.Warning, "{What} could not be written; it is tried again later")]
    public partial void HintFailed(string what, Exception cause);

    [LoggerMessage(5, LogLevel.Information, "Index rebuilt from {Records} records")]
    public partial void IndexRebuilt(long records);

    [LoggerMessage(6, LogLevel.Warning, "{File} is not used: {Problem}")]
    public partial void Ignored(string file, string problem);

    [LoggerMessage(7, LogLevel.Warning, "Pending payload of {Key} was lost before it was safe: {Problem}")]
    public partial void PendingLost(string key, string problem);

    [LoggerMessage(8, LogLevel.Information, "Evicted {Artifacts} artifacts of {Bytes} bytes")]
    public partial void Evicted(long artifacts, long bytes);

    [LoggerMessage(9, LogLevel.Warning,
        "{File}: its header is damaged ({Problem}); its trailer stands in until a repair")]
    public partial void HeaderDamaged(string file, string problem);
}
