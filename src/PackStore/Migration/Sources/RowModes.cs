using PackStore.Migration.Legacy;

namespace PackStore.Migration.Sources;

/// <summary>Permission bits of a row: native modes without the file type that may be in them.</summary>
internal static class RowModes
{
    private const uint Permissions = 0xFFF;

    /// <summary>Mode of one output, where the row has any.</summary>
    public static UnixFileMode? Of(LegacyRow row, int index) =>
        row.Modes.Count == 0 ? null : (UnixFileMode)(row.Modes[index] & Permissions);
}
