using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using PackStore.Tools.Delivery;
using PackStore.Tools.Files;
using PackStore.Tools.Stores;
using PackStore.Tools.Values;

namespace PackStore.Tools.Commands;

/// <summary>One delivery out of one artifact.</summary>
internal sealed class GetDelivery(CommandContext context, string storePath, ArtifactMetadata artifact,
    GetRequest request)
{
    private readonly List<(int Index, string Path, DeliveryMethod Method)> _delivered = [];

    /// <summary>Delivers what was asked for.</summary>
    public async Task<ExitCode> RunAsync(ArtifactStore store, CancellationToken cancellationToken)
    {
        int index = request.ToDirectory is null && request.Stream is null ? FindOutput() : -1;
        if (request.ToDirectory is not null)
        {
            DeliverAll(store, cancellationToken);
        }
        else if (index >= 0 && request.Path is { } path && path != "-" && PlaceForFile(path) is { } file)
        {
            DeliverFile(store, index, file);
        }
        else
        {
            await CopyBytesAsync(store, index, cancellationToken);
        }

        Print();
        return context.Result.Warnings.Count == 0 ? ExitCode.Ok : ExitCode.Warnings;
    }

    /// <summary>The fields of the result object.</summary>
    public void WriteFields(Utf8JsonWriter json)
    {
        json.WriteString("store", storePath);
        json.WriteString("key", artifact.Key.ToString());
        json.WriteStartArray("delivered");
        foreach ((int index, string path, DeliveryMethod method) in _delivered)
        {
            json.WriteStartObject();
            json.WriteNumber("index", index);
            json.WriteString("name", artifact.Payloads[index].Name);
            json.WriteString("path", path);
            json.WriteNumber("size", artifact.Payloads[index].Length);
            json.WriteString("method", NameOf(method));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Why a lookup missed: a damaged artifact is a miss too, but a look that leaves its bytes alone still
    /// finds it.</summary>
    public static ToolException ExplainMiss(CommandContext context, string storePath, in ArtifactKey key)
    {
        using ArtifactStore store = StoreAccess.OpenForLooking(storePath);
        if (!store.Contains(key))
        {
            return new ToolException(ExitCode.NotFound, $"{key}: no such artifact in {storePath}.");
        }

        context.SuggestAfterFailure(NextStep.AfterBadHit(storePath));
        return new ToolException(ExitCode.Damage, $"{key} is damaged; nothing was delivered.");
    }

    private static string NameOf(DeliveryMethod method) => method switch
    {
        DeliveryMethod.Copy => "copy",
        DeliveryMethod.Reflink => "reflink",
        DeliveryMethod.HardLink => "hardlink",
        _ => throw new ArgumentOutOfRangeException(nameof(method), method, "A method without a name."),
    };

    private int FindOutput()
    {
        int count = artifact.Payloads.Count;
        if (request.Output is not { } wanted)
        {
            return count switch
            {
                1 => 0,
                0 => throw new ToolException(ExitCode.NotFound, $"{artifact.Key} has no outputs."),
                _ => throw ToolException.Usage(
                    $"{artifact.Key} has {count} outputs: say which with --output, or --to-dir DIR."),
            };
        }

        int index = wanted.Length > 0 && wanted.All(char.IsAsciiDigit)
            ? int.TryParse(wanted, NumberStyles.None, CultureInfo.InvariantCulture, out int i) ? i : int.MaxValue
            : artifact.Payloads.TakeWhile(p => p.Name != wanted).Count();
        return index < count
            ? index
            : throw new ToolException(ExitCode.NotFound, $"{artifact.Key} has no output '{wanted}'.");
    }

    // A terminal, a pipe or a device is written to; anything else becomes a file, which replaces one that is there.
    private static string? PlaceForFile(string path)
    {
        string target = FileDelivery.FollowLinks(path);
        return FileFacts.TryRead(target) switch
        {
            { Kind: FileKind.Directory } => throw ToolException.Failed($"{path} is a directory; say --to-dir."),
            null or { Kind: FileKind.Regular } => target,
            _ => null,
        };
    }

    private void DeliverFile(ArtifactStore store, int index, string path)
    {
        ArtifactKey key = artifact.Key;
        using PayloadLease lease = request.Touch ? store.EnsurePayloads(key) : store.PeekPayloads(key);
        Require(lease);
        _delivered.Add((index, path, FileDelivery.Replace(lease, index, path, request.Link)));
    }

    private void DeliverAll(ArtifactStore store, CancellationToken cancellationToken)
    {
        ArtifactKey key = artifact.Key;
        using PayloadLease lease = request.Touch ? store.EnsurePayloads(key) : store.PeekPayloads(key);
        Require(lease);
        DeliveryDirectory directory = new(request.ToDirectory!);
        string[] names = [.. artifact.Payloads.Select(static p => p.Name)];
        int directoryBytes = Encoding.UTF8.GetByteCount(directory.FullPath);
        foreach (DeliveryName name in DeliveryNames.Plan(names, directoryBytes, directory.PrepareParents))
        {
            cancellationToken.ThrowIfCancellationRequested();
            string path = name.RelativePath;
            if (name.Refused is { } reason)
            {
                context.Warn($"output {name.Index}: its name '{names[name.Index]}' {reason}; delivered as {path}.");
            }

            DeliveryMethod method = directory.Deliver(lease, name.Index, path, request.Link);
            _delivered.Add((name.Index, directory.Resolve(path), method));
        }
    }

    private async Task CopyBytesAsync(ArtifactStore store, int index, CancellationToken cancellationToken)
    {
        using PayloadOwner owner = Own(store);
        ReadOnlySequence<byte> bytes = request.Stream switch
        {
            "stdout" => new ReadOnlySequence<byte>(owner.StandardOutput),
            "stderr" => new ReadOnlySequence<byte>(owner.StandardError),
            _ => owner.GetSequence(index),
        };
        if (request.WritesToStandardOutput)
        {
            await CopyAsync(bytes, context.Console.StandardOutput, cancellationToken);
            return;
        }

        await using FileStream file = new(
            request.Path!, FileMode.Create, FileAccess.Write, FileShare.ReadWrite, 0, useAsync: true);
        await CopyAsync(bytes, file, cancellationToken);
    }

    private static async Task CopyAsync(ReadOnlySequence<byte> bytes, Stream output,
        CancellationToken cancellationToken)
    {
        const int Piece = 1 << 20;
        foreach (ReadOnlyMemory<byte> segment in bytes)
        {
            for (int at = 0; at < segment.Length; at += Piece)
            {
                await output.WriteAsync(segment.Slice(at, Math.Min(Piece, segment.Length - at)), cancellationToken);
            }
        }
    }

    private PayloadOwner Own(ArtifactStore store)
    {
        ArtifactKey key = artifact.Key;
        using PayloadLease lease = request.Touch ? store.EnsurePayloads(key) : store.PeekPayloads(key);
        Require(lease);
        return lease.ToOwner();
    }

    private void Require(in PayloadLease lease)
    {
        if (!lease.IsHit)
        {
            throw ExplainMiss(context, storePath, artifact.Key);
        }
    }

    private void Print()
    {
        if (request.WritesToStandardOutput)
        {
            return;
        }

        foreach ((int index, string path, DeliveryMethod method) in _delivered)
        {
            string size = SizeText.Format(artifact.Payloads[index].Length);
            context.Text?.Line($"{size,11}  {NameOf(method),-8}  {Printable.Escape(path)}");
        }
    }
}
