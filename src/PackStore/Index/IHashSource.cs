namespace PackStore.Index;

/// <summary>Finds the hash of a key whose slot is known, by reading its record.</summary>
internal interface IHashSource
{
    /// <summary>The full hash of the key at a slot's location; false if the record cannot be read.</summary>
    bool TryReadHash(ulong word, out ulong hash);
}
