using System.Collections;
using System.IO.Hashing;

namespace PackStore.Migration.Legacy.Redb;

/// <summary>
/// Reads pages, each once: a base page that was read before is refused, so that no file makes more work than it has
/// bytes. Only what a page uses is read and kept, and only with the checksum that the link to it has.
/// </summary>
internal sealed class RedbPages(ILegacyBytes bytes, RedbGeometry geometry)
{
    // Enough for kind and count of either kind.
    private const int KindBytes = 8;

    private readonly BitArray _seen = new((int)(bytes.Length / geometry.PageBytes));

    /// <summary>Whether a file's base pages can be counted.</summary>
    public static bool IsCountable(long fileLength, RedbGeometry geometry) =>
        fileLength / geometry.PageBytes < int.MaxValue;

    /// <summary>Reads a page; null with the reason if it is not what the link says.</summary>
    public RedbPage? TryRead(RedbLink link, out LegacyProblem problem)
    {
        problem = LegacyProblem.BadPage;
        if (!geometry.TryPlace(link, bytes.Length, out LegacyRange place))
        {
            return null;
        }

        if (!TrySee(place))
        {
            problem = LegacyProblem.PageReused;
            return null;
        }

        byte[] used = new byte[geometry.PageBytes];
        if (!TryExtend(ref used, 0, place)
            || RedbPage.MeasureFront(used.AsSpan(0, KindBytes)) is var front && (front == 0 || front > place.Length)
            || !TryExtend(ref used, front, place)
            || RedbPage.MeasureUsed(used.AsSpan(0, (int)front)) is var end && (end < front || end > place.Length)
            || !TryExtend(ref used, end, place))
        {
            return null;
        }

        ReadOnlyMemory<byte> page = used.AsMemory(0, (int)end);
        if (XxHash128.HashToUInt128(page.Span) != link.Checksum)
        {
            problem = LegacyProblem.BadChecksum;
            return null;
        }

        return RedbPage.TryMake(page);
    }

    // Sees to it that so many bytes of the page are there; the first call reads one base page.
    private bool TryExtend(ref byte[] used, long length, LegacyRange place)
    {
        int have = length == 0 ? 0 : used.Length;
        if (length > Array.MaxLength)
        {
            return false;
        }

        if (length > have)
        {
            Array.Resize(ref used, (int)length);
        }

        return have >= used.Length || bytes.Read(place.Offset + have, used.AsSpan(have)) == used.Length - have;
    }

    private bool TrySee(LegacyRange place)
    {
        int first = (int)(place.Offset / geometry.PageBytes);
        int count = (int)(place.Length / geometry.PageBytes);
        for (int i = 0; i < count; i++)
        {
            if (_seen[first + i])
            {
                return false;
            }

            _seen[first + i] = true;
        }

        return true;
    }
}
