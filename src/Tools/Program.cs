using System.Runtime.InteropServices;
using PackStore.Tools;
using PackStore.Tools.Output;

// The first signal asks the run to stop cleanly; the second one ends the process as the system would.
using CancellationTokenSource stop = new();
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
await using ToolConsole console = ToolConsole.ForProcess();
return await PackTool.RunAsync(args, console, stop.Token);

void Stop(PosixSignalContext signal)
{
    signal.Cancel = !stop.IsCancellationRequested;
    stop.Cancel();
}
