using PackStore.Tests.Interleavings.Scheduling;
using Xunit;

namespace PackStore.Tests.Interleavings;

/// <summary>The judge of the interleavings is judged.</summary>
public class LinearizabilityTests
{
    private const int Key = 1;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_get_beside_a_put_may_find_either_version(int found) =>
        Assert.Null(Linearizability.FindProblem([Put(1, 1, 4), Get(found, 2, 3)]));

    [Fact]
    public void A_get_after_a_put_finds_it() =>
        Assert.NotNull(Linearizability.FindProblem([Put(1, 1, 2), Get(0, 3, 4)]));

    [Fact]
    public void What_one_get_found_no_later_one_unfinds() =>
        Assert.NotNull(Linearizability.FindProblem([Put(1, 1, 8), Get(1, 2, 3), Get(0, 4, 5)]));

    [Fact]
    public void What_was_removed_stays_removed() => Assert.NotNull(Linearizability.FindProblem(
        [Put(1, 1, 2), Remove(true, 3, 4), Get(1, 5, 6)]));

    [Fact]
    public void A_removal_says_whether_the_key_was_there()
    {
        Assert.NotNull(Linearizability.FindProblem([Put(1, 1, 2), Remove(false, 3, 4)]));
        Assert.NotNull(Linearizability.FindProblem([Remove(true, 1, 2)]));
        Assert.Null(Linearizability.FindProblem([Put(1, 1, 4), Remove(false, 2, 3), Get(1, 5, 6)]));
    }

    [Fact]
    public void Puts_beside_each_other_come_in_any_order_that_the_gets_agree_on()
    {
        Assert.Null(Linearizability.FindProblem([Put(1, 1, 10), Put(2, 2, 9), Get(2, 3, 4), Get(1, 5, 6)]));
        Assert.NotNull(Linearizability.FindProblem(
            [Put(1, 1, 10), Put(2, 2, 9), Get(2, 3, 4), Get(1, 5, 6), Get(2, 7, 8)]));
    }

    [Fact]
    public void A_schedule_reads_as_it_is_written()
    {
        FixedSchedule schedule = new FixedSchedule(2, []).With(17, 1).With(40, 0);
        Assert.Equal("2,17>1,40>0", schedule.ToString());
        Assert.Equal(schedule.ToString(), FixedSchedule.Parse(schedule.ToString()).ToString());
    }

    private static KeyOperation Put(int version, long start, long end) =>
        new(0, Key, KeyAction.Put, version, start, end);

    private static KeyOperation Get(int version, long start, long end) =>
        new(1, Key, KeyAction.Get, version, start, end);

    private static KeyOperation Remove(bool was, long start, long end) =>
        new(2, Key, KeyAction.Remove, was ? 1 : 0, start, end);
}
