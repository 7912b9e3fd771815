namespace PackStore.Samples.Daemon;

/// <summary>A frame that is not of this protocol; it is answered with an error and the connection is closed.</summary>
internal sealed class MalformedRequestException(string message) : Exception(message);
