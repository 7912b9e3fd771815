using PackStore.Tools.Files;

namespace PackStore.Tools.Import;

/// <summary>One regular file on its way into the store.</summary>
/// <param name="Name">Its path under the source, <c>/</c>-separated: the output's name.</param>
/// <param name="Path">Its full path.</param>
/// <param name="Facts">What the file system said of it when it was found.</param>
internal sealed record SourceEntry(string Name, string Path, FileFacts Facts);
