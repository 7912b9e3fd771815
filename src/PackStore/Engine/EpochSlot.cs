using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using PackStore.Proof;

namespace PackStore.Engine;

/// <summary>
/// One thread's announcement that it may be reading mapped memory. Only its thread writes it; the reclaimer reads it.
/// </summary>
/// <remarks>
/// Up to 64 leases may be held by one thread at a time. Each has a bit and a stamp, so that giving the same lease back
/// twice, or giving
/// back a copy, does nothing.
/// </remarks>
internal sealed class EpochSlot
{
    /// <summary>The most leases one thread may hold at a time.</summary>
    public const int MaxLeases = 64;

    private readonly uint[] _stamps = new uint[MaxLeases];
    private Announcement _announcement;
    private ulong _held;

    // The token of place 0 stands apart: most threads hold one lease at a time.
    private ulong _firstToken;

    /// <summary>The epoch in which the thread entered; 0 while it holds no lease.</summary>
    public ulong Announced => Volatile.Read(ref _announcement.Epoch);

    /// <summary>Number of leases held.</summary>
    public int Held => BitOperations.PopCount(_held);

    /// <summary>Whether the thread holds no lease.</summary>
    public bool IsFree
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _held == 0;
    }

    /// <summary>Enters; the token is for <see cref="Leave"/>.</summary>
    public ulong Enter(ulong epoch) => IsFree ? EnterFree(epoch) : EnterAgain();

    /// <summary>Enters while the thread holds no lease.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong EnterFree(ulong epoch)
    {
        // A plain store. EpochGate.IsDrained makes up for the missing fence with a process-wide barrier.
        Volatile.Write(ref _announcement.Epoch, epoch);
        _held = 1;
        return _firstToken += LeaseToken.NextStamp;
    }

    /// <summary>Gives a lease back; does nothing, and says so, if that was done before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Leave(ulong token)
    {
        if (_held != 1 || token != _firstToken)
        {
            return LeaveOther(token);
        }

        SchedulePoint.Reach("epoch.leaving");
        _held = 0;
        Volatile.Write(ref _announcement.Epoch, 0);
        SchedulePoint.Reach("epoch.left");
        return true;
    }

#if PACKSTORE_PROOF
    /// <summary>Gives all leases back, for a thread that a bug threw out of the middle of one.</summary>
    public void Abandon()
    {
        _held = 0;
        Volatile.Write(ref _announcement.Epoch, 0);
    }

#endif
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong EnterAgain()
    {
        int place = BitOperations.TrailingZeroCount(~_held);
        if (place == MaxLeases)
        {
            ThrowTooMany();
        }

        _held |= 1UL << place;
        return place == 0 ? _firstToken += LeaseToken.NextStamp : LeaseToken.Make(place, ++_stamps[place]);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool LeaveOther(ulong token)
    {
        int place = LeaseToken.Place(token);
        ulong mask = 1UL << place;
        uint stamp = place == 0 ? LeaseToken.Stamp(_firstToken) : _stamps[place];
        if ((_held & mask) == 0 || LeaseToken.Stamp(token) != stamp)
        {
            return false;
        }

        _held &= ~mask;
        if (_held == 0)
        {
            Volatile.Write(ref _announcement.Epoch, 0);
        }

        return true;
    }

    private static void ThrowTooMany() =>
        throw new InvalidOperationException($"A thread holds {MaxLeases} leases; dispose some, or use ToOwner.");

    /// <summary>Alone on its cache lines, so that threads do not disturb each other.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 192)]
    private struct Announcement
    {
        [FieldOffset(64)]
        public ulong Epoch;
    }
}
