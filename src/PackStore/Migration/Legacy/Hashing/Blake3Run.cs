namespace PackStore.Migration.Legacy.Hashing;

/// <summary>What is the same for inputs that are hashed side by side.</summary>
/// <param name="Blocks">Blocks of each input; one input lies behind the other.</param>
/// <param name="Counter">Counter of the first.</param>
/// <param name="CounterStep">How much more each next one has.</param>
/// <param name="Flags">Flags of every block.</param>
/// <param name="First">More flags of the first block.</param>
/// <param name="Last">More flags of the last block.</param>
internal readonly record struct Blake3Run(
    int Blocks, ulong Counter, uint CounterStep, uint Flags, uint First, uint Last)
{
    /// <summary>Pairs of chaining values.</summary>
    public static Blake3Run Parents { get; } = new(1, 0, 0, Blake3Compression.Parent, 0, 0);

    /// <summary>Bytes of an input.</summary>
    public int InputBytes => Blocks * Blake3Compression.BlockBytes;

    /// <summary>Whole chunks, none of them the root.</summary>
    public static Blake3Run Chunks(ulong counter) => new(
        Blake3Compression.ChunkBytes / Blake3Compression.BlockBytes, counter, 1, 0, Blake3Compression.ChunkStart,
        Blake3Compression.ChunkEnd);

    /// <summary>The flags of a block.</summary>
    public uint FlagsOf(int block) => Flags | (block == 0 ? First : 0) | (block == Blocks - 1 ? Last : 0);

    /// <summary>The run from a later input on.</summary>
    public Blake3Run Skip(int inputs) => this with { Counter = Counter + ((ulong)inputs * CounterStep) };
}
