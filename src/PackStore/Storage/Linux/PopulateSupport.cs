using static PackStore.Storage.Linux.LinuxConstants;

namespace PackStore.Storage.Linux;

/// <summary>Whether the kernel knows <c>MADV_POPULATE_READ</c> (5.14), found out once on a page of its own.</summary>
internal static class PopulateSupport
{
    /// <summary>It does.</summary>
    public static bool IsPresent { get; } = Probe();

    private static bool Probe()
    {
        nuint bytes = (nuint)Environment.SystemPageSize;
        nint page = Libc.MapAnonymous(0, bytes, ProtectRead, MapPrivate | MapAnonymous, -1, 0);
        if (page == -1)
        {
            return false;
        }

        bool present = Libc.Advise(page, bytes, AdvisePopulateRead) == 0;
        _ = Libc.Unmap(page, bytes);
        return present;
    }
}
