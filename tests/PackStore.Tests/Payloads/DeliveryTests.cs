using System.Runtime.Versioning;
using PackStore.Tests.Engine;
using Xunit;

namespace PackStore.Tests.Payloads;

/// <summary>A payload becomes a file of its own, whole or not at all, whatever tier it is in.</summary>
[SupportedOSPlatform("linux")]
public sealed class DeliveryTests : IDisposable
{
    private readonly ScratchStore _scratch = new();
    private readonly ArtifactStore _store;
    private readonly ArtifactKey _key = Sample.Key(1);

    public DeliveryTests() => _store = _scratch.Open(new PackStoreOptions { LooseThresholdBytes = 300_000 });

    public static TheoryData<string, int, LinkPolicy> Cases
    {
        get
        {
            TheoryData<string, int, LinkPolicy> cases = [];
            foreach (LinkPolicy link in new[] { LinkPolicy.Auto, LinkPolicy.Copy, LinkPolicy.HardLink })
            {
                cases.Add("pack", 0, link);
                cases.Add("pack", 1000, link);
                cases.Add("pack", 200_001, link);
                cases.Add("loose", 300_001, link);
                cases.Add("zstd", 5000, link);
                cases.Add("pending", 5000, link);
                cases.Add("linked", 5000, link);
            }

            return cases;
        }
    }

    public void Dispose()
    {
        _store.Dispose();
        _scratch.Dispose();
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_payload_of_any_kind_is_delivered(string kind, int length, LinkPolicy link)
    {
        byte[] bytes = Sample.Text(length);
        string source = _scratch.File("source", bytes);
        using PendingHold? hold = kind == "pending" ? PendingHold.Of(_store) : null;
        Put(kind switch
        {
            "zstd" => ArtifactPayload.FromBytes("x", bytes).With(PayloadEncoding.Zstd),
            "pending" => ArtifactPayload.FromPendingFile("x", source),
            "linked" => ArtifactPayload.FromFile("x", source, FileAdoption.HardLink),
            _ => ArtifactPayload.FromBytes("x", bytes),
        });
        string target = _scratch.Join("target");
        DeliveryMethod method = Deliver(target, new DeliveryOptions { Link = link });

        Assert.Equal(bytes, File.ReadAllBytes(target));
        Assert.Equal(link == LinkPolicy.HardLink && kind == "loose", method == DeliveryMethod.HardLink);
        if (method == DeliveryMethod.HardLink)
        {
            Assert.Equal(UnixFileMode.None,
                File.GetUnixFileMode(target) & (UnixFileMode.UserWrite | UnixFileMode.GroupWrite));
            return;
        }

        File.WriteAllText(target, "changed by whoever got it");
        using PayloadLease lease = _store.EnsurePayloads(_key);
        Assert.True(lease.IsHit);
        Assert.True(lease[0].SequenceEqual(bytes));
    }

    [Fact]
    public void Mode_and_time_are_set_as_asked()
    {
        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.GroupExecute;
        Put(ArtifactPayload.FromBytes("x", Sample.Bytes(10)).With(mode: Mode));
        string target = _scratch.Join("target");
        Deliver(target);
        Assert.Equal(Mode, File.GetUnixFileMode(target));

        DateTimeOffset time = new(2001, 2, 3, 4, 5, 6, TimeSpan.Zero);
        Deliver(target,
            new DeliveryOptions { Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite, ModifiedAt = time });
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(target));
        Assert.Equal(time.UtcDateTime, File.GetLastWriteTimeUtc(target));
    }

    [Fact]
    public void A_file_that_is_there_is_replaced_only_if_that_is_wanted()
    {
        Put(ArtifactPayload.FromBytes("x", Sample.Bytes(10)));
        string target = _scratch.File("target", [1, 2, 3]);
        Assert.ThrowsAny<IOException>(() => Deliver(target, new DeliveryOptions { Overwrite = false }));
        Assert.Equal([1, 2, 3], File.ReadAllBytes(target));
        Deliver(target);
        Assert.Equal(Sample.Bytes(10), File.ReadAllBytes(target));
        AssertNothingLeft();
    }

    [Theory]
    [InlineData(LinkPolicy.Auto)]
    [InlineData(LinkPolicy.HardLink)]
    public void A_link_at_the_destination_is_replaced_and_not_followed(LinkPolicy link)
    {
        Put(ArtifactPayload.FromBytes("x", Sample.Bytes(300_000)));
        string victim = _scratch.File("victim", [1, 2, 3]);
        string target = _scratch.Join("target");
        File.CreateSymbolicLink(target, victim);
        Deliver(target, new DeliveryOptions { Link = link });
        Assert.Null(new FileInfo(target).LinkTarget);
        Assert.Equal(Sample.Bytes(300_000), File.ReadAllBytes(target));
        Assert.Equal([1, 2, 3], File.ReadAllBytes(victim));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(200_000)]
    [InlineData(300_000)]
    public void A_reflink_shares_blocks_or_says_that_it_cannot(int length)
    {
        Put(ArtifactPayload.FromBytes("x", Sample.Bytes(length)));
        string target = _scratch.Join("target");
        try
        {
            Assert.Equal(DeliveryMethod.Reflink, Deliver(target, new DeliveryOptions { Link = LinkPolicy.Reflink }));
            Assert.Equal(Sample.Bytes(length), File.ReadAllBytes(target));
        }
        catch (IOException)
        {
            Assert.False(File.Exists(target));
        }

        AssertNothingLeft();
    }

    [Fact]
    public void What_cannot_be_delivered_leaves_nothing()
    {
        Put(ArtifactPayload.FromBytes("x", Sample.Bytes(10)));
        Assert.ThrowsAny<IOException>(() => Deliver(_scratch.Join("no/such/target")));
        Directory.CreateDirectory(_scratch.Join("directory"));
        File.WriteAllText(_scratch.Join("directory/full"), "");
        Assert.ThrowsAny<Exception>(() => Deliver(_scratch.Join("directory")));
        AssertNothingLeft();
    }

    private void Put(ArtifactPayload payload) =>
        _store.PutAsync(_key, ArtifactOutcome.Success, [payload]).AsTask().GetAwaiter().GetResult();

    private DeliveryMethod Deliver(string path, DeliveryOptions? options = null)
    {
        using PayloadLease lease = _store.EnsurePayloads(_key);
        Assert.True(lease.IsHit);
        return lease.DeliverTo(0, path, options);
    }

    private void AssertNothingLeft() =>
        Assert.Empty(Directory.GetFiles(_scratch.Root, ".packstore-*", SearchOption.AllDirectories));
}
