using PackStore.Format;
using PackStore.Segments;
using PackStore.Storage;

namespace PackStore.Verification;

/// <summary>Checks both copies in STORE; where both are lost, finds the identity in a segment's header.</summary>
internal static class IdentityVerifier
{
    /// <summary>The identity, or null if nothing tells it, which is then a finding.</summary>
    /// <exception cref="NotAStoreException">There is neither STORE nor a segment.</exception>
    /// <exception cref="UnsupportedFormatException">A newer version wrote it.</exception>
    public static StoreIdentity? Run(VerifyRun run)
    {
        int[] segments = SegmentNames.List(run.Directory);
        using IStoreFile? file = run.Directory.TryOpen(StoreFileNames.Store, writable: false);
        if (file is null)
        {
            if (segments.Length == 0)
            {
                throw new NotAStoreException(run.Directory.FullPath, "it has no STORE");
            }

            run.Findings.Add(
                VerifyFindingKind.Identity, StoreFileNames.Store, 0, null, "absent, expected the store's identity");
            return FromSegments(run, segments);
        }

        byte[] bytes = new byte[StoreIdentity.FileBytes];
        int read = file.Read(0, bytes);
        run.Bytes += read;
        StoreIdentity? first = CheckCopy(run, bytes.AsSpan(0, read), 0);
        StoreIdentity? second = CheckCopy(run, bytes.AsSpan(0, read), StoreIdentity.SecondCopyOffset);
        if (first is null && second is null && segments.Length == 0 && !HasMagic(bytes.AsSpan(0, read)))
        {
            throw new NotAStoreException(run.Directory.FullPath, "STORE is not ours, and there are no segments");
        }

        if (first is not null && second is not null && first != second)
        {
            run.Findings.Add(
                VerifyFindingKind.Identity, StoreFileNames.Store, StoreIdentity.SecondCopyOffset, null,
                $"identity of store {second.StoreId}, the first copy is of {first.StoreId}");
        }

        return first ?? second ?? FromSegments(run, segments);
    }

    private static StoreIdentity? CheckCopy(VerifyRun run, ReadOnlySpan<byte> bytes, int at)
    {
        ReadOnlySpan<byte> copy = at < bytes.Length ? bytes[at..] : [];
        if (!StoreIdentity.TryRead(copy, out StoreIdentity? identity, out uint version))
        {
            run.Findings.Add(
                VerifyFindingKind.Identity, StoreFileNames.Store, at, null,
                copy.Length < StoreIdentityLayout.Size
                    ? $"the file ends at {bytes.Length}, expected a copy of the identity"
                    : "magic or checksum is wrong, expected a copy of the identity");
            return null;
        }

        return identity!.Features.CanRead(version)
            ? identity
            : throw new UnsupportedFormatException(
                Path.Combine(run.Directory.FullPath, StoreFileNames.Store), identity.Features.Describe(version),
                $"version {FormatVersion.Current}");
    }

    private static StoreIdentity? FromSegments(VerifyRun run, int[] segments)
    {
        foreach (int id in segments)
        {
            try
            {
                using IStoreFile? file = run.Directory.TryOpen(StoreFileNames.Segment(id), writable: false);
                if (file is not null && SegmentFront.ReadHeader(file, out _, out _) is { } header)
                {
                    return header.Store;
                }
            }
            catch (IOException e)
            {
                // Reported when this segment's turn comes; the identity is in all of them.
                run.Findings.Note($"{StoreFileNames.Segment(id)}: {e.Message}");
            }
        }

        return null;
    }

    private static bool HasMagic(ReadOnlySpan<byte> bytes)
    {
        Span<byte> magic = stackalloc byte[sizeof(ulong)];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(magic, StoreIdentity.Magic);
        return bytes.Length == StoreIdentity.FileBytes || bytes.IndexOf(magic) >= 0;
    }
}
