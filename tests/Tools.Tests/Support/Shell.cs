using System.Diagnostics;

namespace PackStore.Tools.Tests.Support;

/// <summary>What only a shell can make: pipes, and names that are no text.</summary>
internal static class Shell
{
    public static void Run(string script, string directory)
    {
        ProcessStartInfo start = new("/bin/sh") { WorkingDirectory = directory };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(script);
        using Process process = Process.Start(start)!;
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
