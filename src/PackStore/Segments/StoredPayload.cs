using System.Buffers;
using PackStore.Format;

namespace PackStore.Segments;

/// <summary>A payload or stream ready to be written: its descriptor but for the place, and its bytes if they go into
/// the segment.</summary>
/// <param name="Descriptor">What the payload table will say.</param>
/// <param name="Bytes">The stored bytes; empty for a loose payload.</param>
internal readonly record struct StoredPayload(PayloadDescriptor Descriptor, ReadOnlySequence<byte> Bytes);
