using System.Text;
using System.Text.Unicode;

namespace PackStore.Migration.Legacy.Redb;

/// <summary>A key and a value of a table; both keep the page they lie in alive.</summary>
internal readonly record struct RedbEntry(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Value)
{
    /// <summary>The key as text, if it is UTF-8.</summary>
    public bool TryGetKeyText(out string text)
    {
        bool isText = Utf8.IsValid(Key.Span);
        text = isText ? Encoding.UTF8.GetString(Key.Span) : "";
        return isText;
    }
}
