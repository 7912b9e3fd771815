using PackStore.Format;

namespace PackStore.Tests.Verification;

/// <summary>A record of a sample store and where it stands.</summary>
internal sealed record SampleRecordPlace(string File, long Offset, RecordHeader Header, ArtifactKey Key, byte[] Bytes)
{
    /// <summary>Offset in the file of a payload in the segment.</summary>
    public long PayloadAt(int index) => Offset + RecordBody.ReadDescriptor(Bytes, Header.KeyLength, index).Place;
}
