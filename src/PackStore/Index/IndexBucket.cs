using System.Runtime.CompilerServices;

namespace PackStore.Index;

/// <summary>One cache line of the index: a control word (see <c>IndexControl</c>) and seven slots (see
/// <c>IndexWord</c>).</summary>
[InlineArray(Words)]
internal struct IndexBucket
{
    /// <summary>Control word and slots.</summary>
    public const int Words = 8;

    private ulong _word;
}

/// <summary>The hours at which a bucket's slots were last used, since the store was created; the first is
/// unused.</summary>
[InlineArray(IndexBucket.Words)]
internal struct RecencyRow
{
    private ushort _hour;
}
