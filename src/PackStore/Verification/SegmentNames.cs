using PackStore.Format;
using PackStore.Storage;

namespace PackStore.Verification;

/// <summary>Which segments there are by name.</summary>
internal static class SegmentNames
{
    /// <summary>Their numbers, ascending.</summary>
    public static int[] List(IStoreDirectory directory)
    {
        List<int> ids = [];
        foreach (StoreEntry entry in directory.List(StoreFileNames.Segments))
        {
            if (!entry.IsDirectory && StoreFileNames.TryParseSegment(entry.Name, out int id))
            {
                ids.Add(id);
            }
        }

        ids.Sort();
        return [.. ids];
    }
}
