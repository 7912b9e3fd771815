namespace PackStore.Tools.Commands;

/// <summary>What a <c>get</c> is to deliver, and where to.</summary>
internal sealed class GetRequest
{
    /// <summary>Index or name of one output.</summary>
    public string? Output { get; init; }

    /// <summary>The file to make; <c>-</c> is standard output.</summary>
    public string? Path { get; init; }

    /// <summary>The directory for all outputs.</summary>
    public string? ToDirectory { get; init; }

    /// <summary><c>stdout</c> or <c>stderr</c>, to get a stream instead of an output.</summary>
    public string? Stream { get; init; }

    /// <summary>How files get their bytes.</summary>
    public LinkPolicy Link { get; init; }

    /// <summary>Whether this counts as a use.</summary>
    public bool Touch { get; init; }

    /// <summary>Whether standard output gets bytes of the artifact.</summary>
    public bool WritesToStandardOutput => Path == "-" || (Stream is not null && Path is null);
}
