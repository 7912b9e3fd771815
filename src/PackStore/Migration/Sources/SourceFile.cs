namespace PackStore.Migration.Sources;

/// <summary>A file of a legacy cache that an entry was read from.</summary>
/// <param name="Directory">Its directory below the root, <c>/</c>-separated.</param>
/// <param name="Name">Its name there.</param>
/// <param name="Length">Its length.</param>
/// <param name="Output">Which output it holds; -1 for none.</param>
internal readonly record struct SourceFile(string Directory, string Name, long Length, int Output = -1);
