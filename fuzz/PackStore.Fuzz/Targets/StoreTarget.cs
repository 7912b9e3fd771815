using System.Buffers.Binary;
using PackStore.Repair;
using PackStore.TestChild;
using PackStore.TestKit;
using PackStore.Verification;

namespace PackStore.Fuzz.Targets;

/// <summary>
/// A whole small store with bytes overwritten in any of its files: it opens, a hit is exact, nothing ends in an
/// exception that the library does not promise, and a repair leaves a store that verifies clean and loses no hit.
/// </summary>
/// <remarks>An input is up to 16 edits of 8 bytes: which file, what to do, offset (4), length less one,
/// value.</remarks>
internal sealed class StoreTarget : IFuzzTarget
{
    private const int EditBytes = 8;
    private const int MaxEdits = 16;

    private readonly Lazy<(string Name, byte[] Content)[]> _sample = new(StoreImage.Make);

    public string Name => "store";

    public int Cost => 100;

    public long FreeBytes => 256 << 20;

    public IReadOnlyList<byte[]> Seeds()
    {
        int files = _sample.Value.Length;
        return
        [
            [], .. Enumerable.Range(0, files).Select(static i => Edit(i, 1, 0, 0, 0x10)),
            .. Enumerable.Range(0, files).Select(i => Edit(i, 2, _sample.Value[i].Content.Length / 2, 63, 0)),
            .. Enumerable.Range(0, files).Select(i => Edit(i, 0, (i * 977) + 70, 0, 0xFF)),
        ];
    }

    public bool Run(ReadOnlySpan<byte> input)
    {
        MemoryDirectory disk = StoreImage.ToDisk(Apply(input));
        try
        {
            int[]? before = TryReadAll(disk);
            VerifyReport found = StoreVerifier.Run(new VerifyRun(disk, new VerifyOptions(), null, default));
            RepairReport report = StoreRepairer.RunAsync(() => disk, new RepairOptions(), null, default)
                .GetAwaiter().GetResult();
            RequireClean(report.After ?? report.Before, "after repair, as it says");
            VerifyReport again = StoreVerifier.Run(new VerifyRun(disk, new VerifyOptions(), null, default));
            RequireClean(again, "after repair");
            int[]? after = TryReadAll(disk);
            FuzzFailureException.Require(after is not null, "a repaired store opens");
            for (int key = 0; before is not null && key < before.Length; key++)
            {
                // What repair finds again may be a newer version, or the removal.
                FuzzFailureException.Require(
                    after[key] >= before[key] || key == StoreImage.Removed,
                    $"key {key}: {before[key]} before repair, {after[key]} after it");
            }

            return found.IsClean;
        }
        finally
        {
            disk.Discard();
        }
    }

    public void Repair(Span<byte> input)
    {
        // Checksums are the store's: an edit that keeps them is the parsers' targets' business.
    }

    private static void RequireClean(VerifyReport report, string when) => FuzzFailureException.Require(
        report.IsClean, $"clean {when}: {string.Join("; ", report.Damage.Take(3))}");

    private static byte[] Edit(int file, int deed, int offset, int lengthLessOne, byte value)
    {
        byte[] edit = new byte[EditBytes];
        edit[0] = (byte)file;
        edit[1] = (byte)deed;
        BinaryPrimitives.WriteInt32LittleEndian(edit.AsSpan(2), offset);
        edit[6] = (byte)lengthLessOne;
        edit[7] = value;
        return edit;
    }

    private (string Name, byte[] Content)[] Apply(ReadOnlySpan<byte> input)
    {
        (string Name, byte[] Content)[] files =
            [.. _sample.Value.Select(static f => (f.Name, (byte[])f.Content.Clone()))];
        for (int i = 0; i < MaxEdits && input.Length >= EditBytes; i++, input = input[EditBytes..])
        {
            byte[] content = files[input[0] % files.Length].Content;
            uint offset = BinaryPrimitives.ReadUInt32LittleEndian(input[2..]) % (uint)content.Length;
            Span<byte> target = content.AsSpan((int)offset);
            target = target[..Math.Min(target.Length, input[6] + 1)];
            switch (input[1] % 4)
            {
                case 0:
                    target[0] = input[7];
                    break;
                case 1:
                    target[0] ^= input[7];
                    break;
                case 2:
                    target.Fill(input[7]);
                    break;
                default:
                    // From elsewhere in the file: a place for another's bytes.
                    content.AsSpan(0, target.Length).CopyTo(target);
                    break;
            }
        }

        return files;
    }

    /// <summary>The version of each key, 0 for a miss; null where both copies of STORE are lost. A hit that is not
    /// exact throws.</summary>
    private static int[]? TryReadAll(MemoryDirectory disk)
    {
        try
        {
            using ArtifactStore store = ArtifactStore.OpenOver(disk, StoreImage.Options);
            return [.. Enumerable.Range(0, StoreImage.Keys).Select(k => SampleArtifact.VersionOf(store, k))];
        }
        catch (PackStoreException e) when (e is CorruptStoreException or NotAStoreException
            or UnsupportedFormatException)
        {
            return null;
        }
    }
}
