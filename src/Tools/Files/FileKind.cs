namespace PackStore.Tools.Files;

/// <summary>What stands at a path.</summary>
internal enum FileKind
{
    Other,
    Regular,
    Directory,
    Link,
    Pipe,
    Socket,
    Device,
}
