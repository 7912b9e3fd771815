using System.Runtime.InteropServices;
using PackStore.Storage.Linux;
using PackStore.Storage.Portable;

namespace PackStore.Storage;

/// <summary>
/// Chooses the implementation for the machine: system calls on Linux, whose structure layouts are laid down for x64 and
/// arm64; the runtime's own files everywhere else.
/// </summary>
internal static class StoreDirectories
{
    private static bool HasLinuxCalls
        => OperatingSystem.IsLinux()
            && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    /// <summary>Opens the directory of a store, which exists. The path itself may be or contain links.</summary>
    public static IStoreDirectory Open(string path)
        => HasLinuxCalls ? FileStoreDirectory.Open(path) : PortableStoreDirectory.Open(path);

    /// <summary>Creates the directory of a store, private to the user, and its parents with the usual mode; durable on
    /// return where the system can. <see langword="false"/> if a directory stands there already, which is left as it
    /// is.</summary>
    public static bool TryCreateRoot(string path)
        => HasLinuxCalls ? FileStoreDirectory.TryCreateRoot(path) : PortableStoreDirectory.TryCreateRoot(path);
}
