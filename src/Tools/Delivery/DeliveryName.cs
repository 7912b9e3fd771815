namespace PackStore.Tools.Delivery;

/// <summary>Where one output goes under the delivery directory.</summary>
/// <param name="Index">Which output.</param>
/// <param name="RelativePath">The path under the directory, <c>/</c>-separated.</param>
/// <param name="Refused">Why its own name was not used; <see langword="null"/> if it was.</param>
internal sealed record DeliveryName(int Index, string RelativePath, string? Refused);
