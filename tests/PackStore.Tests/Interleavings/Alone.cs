using Xunit;

namespace PackStore.Tests.Interleavings;

/// <summary>Tests that no other test may run beside: they share the epoch with all stores of the process, or plant a
/// bug in all of them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    /// <summary>The collection's name.</summary>
    public const string Name = "alone";
}
