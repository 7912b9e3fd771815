using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace PackStore.Tests.Kernel;

/// <summary>
/// Runs a child on a file system of its own, mounted in a mount namespace of its own: when the child ends, however it
/// does, the kernel takes the mount and its loop device away. Nothing else ever sees them.
/// </summary>
/// <param name="root">A directory for the image and the mount point.</param>
/// <param name="fileSystem">tmpfs, ext4, xfs or btrfs.</param>
/// <param name="size">Its size, as <c>truncate</c> takes it.</param>
/// <param name="freeBytes">What the ballast leaves free.</param>
internal sealed class PrivateMount(string root, string fileSystem, string size, long freeBytes)
{
    // The child's exit codes are its own; this one says that there was no child.
    private const int NoMount = 77;

    private const string Script = """
        set -e
        fail() { echo "no mount: $*" >&2; exit 77; }
        mount --make-rprivate / || fail "propagation"
        if [ "$1" = tmpfs ]; then
          mount -t tmpfs -o size="$2" tmpfs "$3" || fail tmpfs
        else
          mount -t "$1" -o loop "$4" "$3" || fail "$1"
        fi
        free=$(($(stat -f -c '%a * %S' "$3")))
        if [ "$free" -gt "$5" ]; then fallocate -l $((free - $5)) "$3/ballast"; fi
        shift 5
        exec "$@"
        """;

    private string MountPoint => Path.Combine(root, "mount");

    private string Image => Path.Combine(root, "image");

    /// <summary>Where the child makes its store.</summary>
    public string StorePath => Path.Combine(MountPoint, "store");

    /// <summary>The file to delete for more room.</summary>
    public string Ballast => Path.Combine(MountPoint, "ballast");

    /// <summary>What stands before the child's command line. Skips the test where there is no such file
    /// system.</summary>
    public string[] Prepare()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "mounts in a namespace are Linux's");
        Skip.If(Run("unshare", "-m", "true") != 0, "mounting is not permitted here");
        Directory.CreateDirectory(MountPoint);
        if (fileSystem != "tmpfs")
        {
            string maker = $"mkfs.{fileSystem}";
            Skip.If(Run("which", maker) != 0, $"{maker} is not installed");
            Assert.Equal(0, Run("truncate", "-s", size, Image));
            Assert.Equal(0, Run(maker, "-q", Image));
        }

        return
        [
            "unshare", "-m", "bash", "-c", Script, "mount", fileSystem, size, MountPoint, Image,
            freeBytes.ToString(CultureInfo.InvariantCulture),
        ];
    }

    /// <summary>Skips if the child never started.</summary>
    public static void SkipIfNotMounted(int exitCode, string errors) => Skip.If(exitCode == NoMount, errors);

    private static int Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start(start)!;
        process.StandardError.ReadToEnd();
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode;
    }
}
