using System.Globalization;
using PackStore.Bench.Engines;
using PackStore.Bench.Peers;

namespace PackStore.Bench.Report;

/// <summary>A number the engine has to reach: a ratio of two cells of the table, or a bound on one.</summary>
/// <param name="Text">The goal as it is stated.</param>
/// <param name="Metric">The cell judged.</param>
/// <param name="Engine">Whose.</param>
/// <param name="VersusMetric">The cell it is compared with, or <see langword="null"/> for a bound.</param>
/// <param name="VersusEngine">Whose.</param>
/// <param name="Limit">How many times better it has to be; for a bound, the greatest value.</param>
internal sealed record Goal(
    string Text, string Metric, string Engine, string? VersusMetric, string VersusEngine, double Limit)
{
    private const string Us = PeerFactory.PackStore;
    private const string Batch = PeerFactory.PackStoreBatch;
    private const string Floor = PeerFactory.Floor;
    private const string Lmdb = PeerFactory.Lmdb;
    private const string Loose = PeerFactory.Loose;

    internal static IReadOnlyList<Goal> All { get; } =
    [
        Than("put 1 KiB, one by one, >= 0.8 x floor", "w1.flush", Us, Floor, 0.8),
        Than("put 1 KiB, one by one, >= 2 x LMDB", "w1.flush", Us, Lmdb, 2),
        Than("put 1 KiB, batches of 64, >= 0.8 x floor", "w1.flush", Batch, Floor, 0.8),
        Than("put 1 KiB, batches of 64, >= 2 x LMDB", "w1.flush", Batch, Lmdb, 2),
        Than("put 1 KiB >= 40 x loose files", "w1.flush", Us, Loose, 40),
        Bound("space of 1 KiB artifacts <= 1.25 x live + one segment", "w1.space-less-segment", 1.25),
        Than("put realistic >= 0.85 x floor", "w2.flush", Us, Floor, 0.85),
        Than("put realistic >= 2 x LMDB", "w2.flush", Us, Lmdb, 2),
        Than("put realistic >= 2 x loose files", "w2.flush", Us, Loose, 2),
        Bound("space of realistic artifacts <= 1.25 x live + one segment", "w2.space-less-segment", 1.25),
        Than("hit <= 1.4 x floor", "w4", Us, Floor, 1 / 1.4),
        Than("hit >= 3.5 x LMDB", "w4", Us, Lmdb, 3.5),
        Than("hit >= 60 x loose files", "w4", Us, Loose, 60),
        Than("one isolated hit, p50 <= floor", "w4.p50", Us, Floor, 1),
        Than("one isolated hit, p50 >= 2 x LMDB", "w4.p50", Us, Lmdb, 2),
        Bound("0 bytes allocated a hit", "w4.alloc", 0),
        new("hit, 2 threads >= 1.9 x one thread", "w5", Us, "w5.1", Us, 1.9),
        Than("hit, 2 threads >= 4 x LMDB", "w5", Us, Lmdb, 4),
        Than("hit, Zipf <= 1.4 x floor", "w6", Us, Floor, 1 / 1.4),
        Than("hit, Zipf >= 4 x LMDB", "w6", Us, Lmdb, 4),
        new("batched hit >= 2.5 x single hits", "w7", Batch, "w4", Us, 2.5),
        Than("miss <= 2.5 x floor", "w8", Us, Floor, 1 / 2.5),
        Than("miss >= 20 x LMDB", "w8", Us, Lmdb, 20),
        Bound("0 bytes allocated a miss", "w8.alloc", 0),
        Than("95 % hit / 5 % put, 2 threads >= 10 x LMDB", "w9", Us, Lmdb, 10),
        Than("hit, realistic, whole >= 1.2 x LMDB", "w10", Us, Lmdb, 1.2),
        Than("hit, realistic, whole within 10 % of floor", "w10", Us, Floor, 0.9),
        Than("durable put, one writer >= LMDB", "w11", Us, Lmdb, 1),
        Than("durable put, one writer >= loose files", "w11", Us, Loose, 1),
        new("durable put, 64 writers >= 20 x one", "w11.64", Us, "w11", Us, 20),
        Open("clean"),
        Open("kill"),
        Open("no-index"),
        Flat("clean"),
        Flat("kill"),
        Flat("no-index"),
        Bound("anonymous memory <= 17 B an artifact (the runtime's own counted)", "w12.large.memory", 17),
    ];

    /// <summary>The ratio or value judged, or <see langword="null"/> when a cell of it was not measured.</summary>
    internal double? Value(ResultTable results) => VersusMetric is null
        ? results.Median(Metric, Engine)
        : results.Better(Metric, Engine, VersusMetric, VersusEngine);

    internal bool IsMet(double value) => VersusMetric is null ? value <= Limit : value >= Limit;

    internal string LimitText => VersusMetric is null
        ? string.Create(CultureInfo.InvariantCulture, $"<= {Limit:0.##}")
        : string.Create(CultureInfo.InvariantCulture, $">= {Limit:0.##}x");

    private static Goal Than(string text, string metric, string engine, string versus, double limit) =>
        new(text, metric, engine, metric, versus, limit);

    private static Goal Bound(string text, string metric, double limit) => new(text, metric, Us, null, Us, limit);

    private static Goal Open(string state) => new(
        $"open to first hit, middle size, {state}: <= 2 x floor after a clean close", $"w12.middle.{state}.call",
        Us, "w12.middle.clean.call", Floor, 0.5);

    private static Goal Flat(string state) => new(
        $"open to first hit, large size <= 2 x small size, {state}", $"w12.large.{state}.call", Us,
        $"w12.small.{state}.call", Us, 0.5);
}
