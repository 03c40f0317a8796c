"""How many instances a pool needs now: a snapshot in, a plan with its reasons out. Pure.

Worked example. Policy alwaysOn 2, targetIdle 2, maximum 12; two slots an instance. Two instances are Ready, 3 of their
4 slots are in use, one viewer waits in line, one launch (2 slots) is open, an event holds 6 slots.

    demand  = max(used 3 + queued 1, event 6) + targetIdle 2    = 8
    wanted  = min(max(alwaysOn 2, demand 8), maximum 12)        = 8
    supply  = ready 4 + coming 2                                = 6
    lacking = 8 - 6 = 2 slots -> 1 instance (room: 12 - 6 = 6 slots -> 3 instances at most)

The event's slots are consumed by those who play, not refilled: with 6 in use they ask for nothing more.

Shrinking: the same pool an hour later, nobody plays, no event, no line. demand = 2, wanted = 2, supply = 6: a surplus
of 4. The first pass that sees it starts the clock; ten minutes later one idle instance goes, and the clock starts
again. Slots above a lowered maximum, and those that an ended event gives back, do not wait for the clock.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from greenroom.domain.instance import InstanceState
from greenroom.domain.pool import PoolPolicy

SCALE_IN_AFTER_S = 600
"""How long a surplus must last before an instance goes, and between one and the next. Azure uses 60 min."""
LAUNCHES_PER_PASS = 20
"""A pass commits at most so many; the next pass goes on. Source: RunInstances refills 2 calls a second."""

_COMING = frozenset({InstanceState.LAUNCHING, InstanceState.BOOTING})
_SERVING = _COMING | {InstanceState.READY}
_PAID = _SERVING | {InstanceState.DRAINING, InstanceState.INTERRUPTED}


@dataclass(frozen=True, slots=True)
class InstanceLoad:
    """An instance and how many of its slots are in which state."""

    instance_id: str
    state: InstanceState
    slot_count: int
    market: str
    launched_at: float
    free: int = 0
    busy: int = 0  # reserved or streaming
    retired: int = 0  # never claimed again

    @property
    def is_idle(self) -> bool:
        """Ready, and every slot free."""
        return self.state is InstanceState.READY and self.busy == 0 and self.free == self.slot_count

    @property
    def is_worn(self) -> bool:
        """Ready, nobody plays on it, and it has lost slots for good: better a fresh one."""
        return self.state is InstanceState.READY and self.busy == 0 and self.retired > 0


@dataclass(frozen=True, slots=True)
class PoolSnapshot:
    """All a plan depends on."""

    policy: PoolPolicy
    slots_per_instance: int
    instances: tuple[InstanceLoad, ...]
    open_launch_slots: int  # of launches whose instance is not among `instances`
    queued: int
    event_slots: int  # held by active events, all together
    now: float
    surplus_since: float | None = None
    give_back_slots: int = 0
    launch_rests_until: float = 0.0
    scale_in_after_s: int = SCALE_IN_AFTER_S


@dataclass(frozen=True, slots=True)
class PlannedLaunch:
    """One instance."""

    slots: int
    reason: str


@dataclass(frozen=True, slots=True)
class Retirement:
    """One instance to drain, if it is still idle when its rows are written."""

    instance_id: str
    slots: int
    reason: str
    is_given_back: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """What was considered and not done."""

    alternative: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The decision, with the numbers it was made on."""

    wanted: int
    supply: int
    launches: tuple[PlannedLaunch, ...]
    retirements: tuple[Retirement, ...]
    rejected: tuple[Rejected, ...]
    surplus_since: float | None  # the scale-in clock from now on

    @property
    def changes_anything(self) -> bool:
        return bool(self.launches or self.retirements)


def plan_capacity(snapshot: PoolSnapshot) -> Plan:
    """Draining instances that nobody plays on any more, and worn ones, always go; then grow or shrink."""
    wanted, supply = wanted_slots(snapshot), supply_of(snapshot)
    leaving = tuple(_spent(snapshot.instances))
    worn = sum(each.slots for each in leaving if _state_of(snapshot, each.instance_id) is InstanceState.READY)
    supply -= worn
    launches, refused = _growth(snapshot, wanted - supply)
    shrinking, since, kept = _shrinkage(snapshot, supply - wanted)
    return Plan(
        wanted=wanted,
        supply=supply,
        launches=launches,
        retirements=(*leaving, *shrinking),
        rejected=(*refused, *kept),
        surplus_since=since,
    )


def wanted_slots(snapshot: PoolSnapshot) -> int:
    """Used, waiting or held for events, with the idle buffer on top; between floor and ceiling."""
    policy = snapshot.policy
    used = sum(each.busy for each in snapshot.instances if each.state in _SERVING)
    demand = max(used + snapshot.queued, snapshot.event_slots) + policy.target_idle
    return min(max(policy.always_on, demand), policy.maximum)


def supply_of(snapshot: PoolSnapshot) -> int:
    """Slots that serve or will: those of Ready, booting and launching instances, and of open launches."""
    serving = (each.slot_count - each.retired for each in snapshot.instances if each.state in _SERVING)
    return sum(serving) + snapshot.open_launch_slots


def _state_of(snapshot: PoolSnapshot, instance_id: str) -> InstanceState:
    return next(each.state for each in snapshot.instances if each.instance_id == instance_id)


def _spent(instances: Sequence[InstanceLoad]) -> Iterator[Retirement]:
    for each in instances:
        if each.state is InstanceState.DRAINING and each.busy == 0:
            yield Retirement(each.instance_id, 0, "drained: nobody plays on it any more")
        elif each.is_worn:
            left = each.slot_count - each.retired
            yield Retirement(each.instance_id, left, f"{each.retired} of {each.slot_count} slots are lost")


def _growth(snapshot: PoolSnapshot, lacking: int) -> tuple[tuple[PlannedLaunch, ...], tuple[Rejected, ...]]:
    if lacking <= 0:
        return (), ()
    each = snapshot.slots_per_instance
    needed = -(-lacking // each)
    if snapshot.now < snapshot.launch_rests_until:
        return (), (Rejected(f"launch {needed}", "launches rest after failures in a row"),)
    # Draining machines still cost money: they count against the ceiling, though they serve nobody new.
    paid = (one.slot_count for one in snapshot.instances if one.state in _PAID)
    existing = sum(paid) + snapshot.open_launch_slots
    room = max(0, snapshot.policy.maximum - existing) // each
    number = min(needed, room, LAUNCHES_PER_PASS)
    reason = f"{lacking} slots lacking of {wanted_slots(snapshot)} wanted"
    refused = []
    if number < needed:
        limit = "the maximum of the pool" if room < LAUNCHES_PER_PASS else "one pass starts no more"
        refused.append(Rejected(f"launch {needed - number} more", limit))
    return tuple(PlannedLaunch(each, reason) for _ in range(number)), tuple(refused)


def _shrinkage(
    snapshot: PoolSnapshot, surplus: int
) -> tuple[tuple[Retirement, ...], float | None, tuple[Rejected, ...]]:
    """The instances to give up, the scale-in clock from now on, and what stays though it is too much."""
    idle = [each for each in _dearest_first(snapshot.instances) if each.slot_count <= surplus]
    if not idle:
        return (), None, ()
    at_once = _at_once(idle, surplus, snapshot)
    chosen, left = {each.instance_id for each in at_once}, surplus - sum(each.slots for each in at_once)
    rest = [each for each in idle if each.slot_count <= left and each.instance_id not in chosen]
    if not rest:
        return at_once, None, ()
    since = snapshot.now if snapshot.surplus_since is None else snapshot.surplus_since
    if snapshot.now - since < snapshot.scale_in_after_s:
        return at_once, since, (Rejected(f"retire {rest[0].instance_id}", "the surplus is younger than the back-off"),)
    one = Retirement(rest[0].instance_id, rest[0].slot_count, f"{left} slots too many since {since:.0f}")
    return (*at_once, one), snapshot.now, ()


def _at_once(idle: Sequence[InstanceLoad], surplus: int, snapshot: PoolSnapshot) -> tuple[Retirement, ...]:
    """What need not wait for the clock: slots above a lowered maximum, then what an ended event gives back."""
    chosen: list[Retirement] = []
    over, give_back = supply_of(snapshot) - snapshot.policy.maximum, snapshot.give_back_slots
    for each in idle:
        if each.slot_count > surplus:
            continue
        if over > 0:
            over -= each.slot_count
            chosen.append(Retirement(each.instance_id, each.slot_count, "above the maximum"))
        elif each.slot_count <= give_back:
            give_back -= each.slot_count
            reason = "given back after an event"
            chosen.append(Retirement(each.instance_id, each.slot_count, reason, is_given_back=True))
        else:
            break
        surplus -= each.slot_count
    return tuple(chosen)


def _dearest_first(instances: Sequence[InstanceLoad]) -> list[InstanceLoad]:
    """On-demand before Spot, then the youngest: what ran longest has proven itself."""
    idle = [each for each in instances if each.is_idle]
    return sorted(idle, key=lambda each: (each.market != "on-demand", -each.launched_at, each.instance_id))
