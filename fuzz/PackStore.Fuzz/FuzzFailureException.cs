using System.Diagnostics.CodeAnalysis;

namespace PackStore.Fuzz;

/// <summary>A property of a parser does not hold.</summary>
public sealed class FuzzFailureException : Exception
{
    /// <summary>Makes it.</summary>
    public FuzzFailureException()
    {
    }

    /// <summary>Makes it with a message.</summary>
    public FuzzFailureException(string message)
        : base(message)
    {
    }

    /// <summary>Makes it with a message and its cause.</summary>
    public FuzzFailureException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Throws unless the property holds.</summary>
    public static void Require([DoesNotReturnIf(false)] bool holds, string property)
    {
        if (!holds)
        {
            throw new FuzzFailureException(property);
        }
    }
}
