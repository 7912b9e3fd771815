using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PackStore;
using PackStore.Samples.Daemon;

if (args is ["client", .. string[] rest])
{
    return await ClientCommand.RunAsync(rest, Console.Out, Console.Error, CancellationToken.None);
}

DaemonOptions? options = DaemonOptions.Parse(args);
if (options is null)
{
    Console.Error.WriteLine(DaemonOptions.Usage);
    return 2;
}

HostApplicationBuilder builder = Host.CreateApplicationBuilder();
builder.Logging.ClearProviders();
builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = DaemonService.DrainTimeout * 3);
builder.Services.AddSingleton(options);
builder.Services.AddHostedService<DaemonService>();
using IHost host = builder.Build();
try
{
    await host.RunAsync();
    return Environment.ExitCode;
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Net.Sockets.SocketException)
{
    Console.Error.WriteLine(e.Message);
    return e is StoreLockedException ? 3 : 4;
}
