using System.Buffers;
using System.Globalization;
using System.Text;

namespace PackStore.Tools.Delivery;

/// <summary>
/// Output names are data from whoever filled the store: which of them may become paths, and what the others are called.
/// </summary>
internal static class DeliveryNames
{
    /// <summary>The longest component a file system takes, in bytes.</summary>
    private const int MaxComponentBytes = 255;

    /// <summary>The longest path the system takes, in bytes, its terminator not counted.</summary>
    private const int MaxPathBytes = 4095;

    private static readonly UTF8Encoding s_utf8 = new(false, throwOnInvalidBytes: true);

    private static readonly SearchValues<char> s_windowsSpecial = SearchValues.Create(":*?\"<>|");

    private static readonly StringComparer s_comparer =
        OperatingSystem.IsLinux() ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase;

    /// <summary>Plans the delivery of all outputs under a directory whose path has so many bytes.</summary>
    /// <param name="names">The outputs' names.</param>
    /// <param name="directoryBytes">Length of the directory's path.</param>
    /// <param name="obstacle">Says what lies in a name's way under the directory, or <see langword="null"/>.</param>
    public static IReadOnlyList<DeliveryName> Plan(
        IReadOnlyList<string> names, int directoryBytes, Func<string, string?> obstacle)
    {
        string?[] refused = [.. names.Select(n => Refuse(n, directoryBytes))];

        // A refused output takes the name output-<i>; whoever has that name of its own gives way, and so on to the end.
        while (RefuseCollisions(names, refused) || RefuseObstacles(names, refused, obstacle))
        {
        }

        return [.. names.Select((n, i) => new DeliveryName(i, refused[i] is null ? n : Fallback(i), refused[i]))];
    }

    /// <summary>The name of an output whose own cannot be used.</summary>
    public static string Fallback(int index) => string.Create(CultureInfo.InvariantCulture, $"output-{index}");

    /// <summary>Why a name may not become a path; <see langword="null"/> if it may.</summary>
    public static string? Refuse(string name, int directoryBytes)
    {
        if (name.Length == 0)
        {
            return "is empty";
        }

        if (name.Contains('\0', StringComparison.Ordinal))
        {
            return "has a NUL";
        }

        if (name.Contains('\\', StringComparison.Ordinal))
        {
            return "has a backslash";
        }

        if (name[0] == '/')
        {
            return "is absolute";
        }

        if (name.Length >= 2 && name[1] == ':' && char.IsAsciiLetter(name[0]))
        {
            return "names a drive";
        }

        return RefuseComponents(name, directoryBytes);
    }

    private static string? RefuseComponents(string name, int directoryBytes)
    {
        int bytes = 0;
        foreach (string component in name.Split('/'))
        {
            if (component.Length == 0)
            {
                return "has an empty component";
            }

            if (component is "." or "..")
            {
                return $"has a '{component}' component";
            }

            if (OperatingSystem.IsWindows() && IsSpecialOnWindows(component))
            {
                return "means something else on Windows";
            }

            if (ByteCount(component) is not { } length)
            {
                return "is not valid Unicode";
            }

            if (length > MaxComponentBytes)
            {
                return $"has a component of {length} bytes, more than a file system takes";
            }

            bytes += length + 1;
        }

        return directoryBytes + bytes > MaxPathBytes ? "is longer than a path may be" : null;
    }

    private static bool RefuseCollisions(IReadOnlyList<string> names, string?[] refused)
    {
        HashSet<string> files = new(s_comparer);
        HashSet<string> directories = new(s_comparer);
        for (int i = 0; i < names.Count; i++)
        {
            if (refused[i] is not null)
            {
                files.Add(Fallback(i));
            }
        }

        bool changed = false;
        for (int i = 0; i < names.Count; i++)
        {
            if (refused[i] is not null)
            {
                continue;
            }

            string[] parents = [.. ParentsOf(names[i])];
            if (directories.Contains(names[i]) || parents.Any(files.Contains) || !files.Add(names[i]))
            {
                refused[i] = "collides with another output";
                files.Add(Fallback(i));
                changed = true;
            }
            else
            {
                directories.UnionWith(parents);
            }
        }

        return changed;
    }

    private static bool RefuseObstacles(IReadOnlyList<string> names, string?[] refused, Func<string, string?> obstacle)
    {
        bool changed = false;
        for (int i = 0; i < names.Count; i++)
        {
            if (refused[i] is null && obstacle(names[i]) is { } reason)
            {
                refused[i] = reason;
                changed = true;
            }
        }

        return changed;
    }

    private static IEnumerable<string> ParentsOf(string name)
    {
        for (int slash = name.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = name.IndexOf('/', slash + 1))
        {
            yield return name[..slash];
        }
    }

    private static int? ByteCount(string text)
    {
        try
        {
            return s_utf8.GetByteCount(text);
        }
        catch (EncoderFallbackException)
        {
            return null;
        }
    }

    private static bool IsSpecialOnWindows(string component)
    {
        string stem = component.Split('.')[0].TrimEnd().ToUpperInvariant();
        bool device = stem is "CON" or "PRN" or "AUX" or "NUL"
            || (stem.Length == 4 && (stem.StartsWith("COM", StringComparison.Ordinal)
                || stem.StartsWith("LPT", StringComparison.Ordinal)) && char.IsAsciiDigit(stem[3]));
        return device || component[^1] is '.' or ' ' || component.AsSpan().ContainsAny(s_windowsSpecial);
    }
}
