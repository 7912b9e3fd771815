namespace PackStore.Fuzz;

/// <summary>One parser and what must hold of it for any bytes.</summary>
public interface IFuzzTarget
{
    /// <summary>Its name on the command line and in the corpus.</summary>
    string Name { get; }

    /// <summary>How many cases of a plain parser one case of this takes the time of.</summary>
    int Cost => 1;

    /// <summary>Bytes that a case may allocate besides what is in proportion to its input.</summary>
    long FreeBytes => 256 << 10;

    /// <summary>Inputs that the parser accepts, made by the encoders.</summary>
    IReadOnlyList<byte[]> Seeds();

    /// <summary>Parses; says whether anything was accepted. Throws if a property does not hold.</summary>
    bool Run(ReadOnlySpan<byte> input);

    /// <summary>Puts right magics and checksums into any bytes, so that the checks behind them are reached.</summary>
    void Repair(Span<byte> input);
}
