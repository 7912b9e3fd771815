using System.Runtime.InteropServices;
using PackStore.Storage.Linux;
using PackStore.Storage.Portable;

namespace PackStore.Storage.Foreign;

/// <summary>Chooses the implementation for the machine, as <see cref="StoreDirectories"/> does for stores.</summary>
internal static class ForeignDirectories
{
    /// <summary>Opens the top of a foreign tree. The path itself may be or contain links; nothing below it is
    /// followed.</summary>
    /// <exception cref="IOException">It is no directory, or may not be read.</exception>
    public static IForeignDirectory Open(string path)
        => OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64
            ? LinuxForeignDirectory.Open(path)
            : PortableForeignDirectory.Open(path);
}
