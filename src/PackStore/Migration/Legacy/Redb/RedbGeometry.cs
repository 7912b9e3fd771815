namespace PackStore.Migration.Legacy.Redb;

/// <summary>Where pages lie: one page of header, then regions, each of header pages and data pages.</summary>
/// <param name="PageBytes">Bytes of a base page.</param>
/// <param name="HeaderPages">Base pages at the front of each region.</param>
/// <param name="DataPages">Base pages behind them.</param>
internal readonly record struct RedbGeometry(uint PageBytes, uint HeaderPages, uint DataPages)
{
    /// <summary>Finds the bytes of a page, if it can be one of a file of this length.</summary>
    public bool TryPlace(RedbLink link, long fileLength, out LegacyRange place)
    {
        place = default;
        if (!link.IsPlausible || ((long)(link.Index + 1) << link.Order) > DataPages)
        {
            return false;
        }

        long regionBytes = ((long)HeaderPages + DataPages) * PageBytes;
        long start = PageBytes + (link.Region * regionBytes) + ((long)HeaderPages * PageBytes);
        place = new LegacyRange(start + (((long)link.Index << link.Order) * PageBytes), (long)PageBytes << link.Order);
        return place.Offset <= fileLength && place.Length <= fileLength - place.Offset;
    }
}
