namespace PackStore.Verification;

/// <summary>A record that has payloads in the loose tier; looked at again once it is known to be its key's
/// newest.</summary>
internal readonly record struct LooseRecord(ulong Hash, ulong Sequence, int SegmentId, long Offset);
