using PackStore.Fuzz;
using Xunit;

namespace PackStore.Tests.Fuzzing;

/// <summary>The bounded form of fuzz/PackStore.Fuzz: the same targets, a fixed seed, fewer cases.</summary>
public sealed class ParserFuzzTests
{
    private const ulong Seed = 20261123;
    private const long Cases = 20_000;

    public static TheoryData<string> Targets => [.. FuzzTargets.All.Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void No_mutation_of_its_input_makes_a_parser_throw_or_take_memory(string name)
    {
        IFuzzTarget target = FuzzTargets.Find(name)!;
        FuzzFiles files = FuzzFiles.Find();
        byte[][] inputs = [.. FuzzFiles.ReadCorpus(files.Corpus, name), .. files.ReadRegressions(name)];

        long cases = Cases / target.Cost;
        FuzzSummary run = FuzzRunner.Run(target, inputs, Seed, cases);

        Assert.True(run.Failure is null, $"iteration {run.Failure?.Iteration}: {run.Failure?.Cause}");
        Assert.Equal(cases, run.Cases);
        Assert.NotEmpty(inputs);
        Assert.True(run.Accepted > cases / 100, $"only {run.Accepted} cases got past the checks");
        Assert.True(run.Refused > cases / 100, $"only {run.Refused} cases were refused");
    }

    [Fact]
    public void What_a_seed_finds_is_found_again()
    {
        RefusesTwos target = new();

        FuzzSummary first = FuzzRunner.Run(target, [], Seed, Cases);
        FuzzSummary second = FuzzRunner.Run(target, [], Seed, Cases);

        Assert.NotNull(first.Failure);
        Assert.Equal(first.Failure.Iteration, second.Failure!.Iteration);
        Assert.Equal(first.Failure.Input.ToArray(), second.Failure.Input.ToArray());
    }

    private sealed class RefusesTwos : IFuzzTarget
    {
        public string Name => "planted";

        public IReadOnlyList<byte[]> Seeds() => [new byte[64]];

        public bool Run(ReadOnlySpan<byte> input)
        {
            FuzzFailureException.Require(input.IsEmpty || input[0] != 2, "no input starts with 2");
            return true;
        }

        public void Repair(Span<byte> input)
        {
            // Nothing to repair.
        }
    }
}
