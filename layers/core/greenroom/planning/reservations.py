"""How many slots of the events' reservations are still unused: finite slots, consumed and not refilled. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from greenroom.domain.event.scheduled_event import EventHold


def slots_left(holds: Iterable[EventHold], taken: int) -> int:
    """`taken` is how many slots the pool ever gave to sessions.

    A reservation that has not opened is whole. Each session consumes one slot of the reservation that opened first and
    has some left, so two events at once hold the sum and no session is counted twice.

    Example: A holds 5 since taken was 10, B holds 4 since taken was 12; taken is 18. The 2 before B opened and 3 more
    use A up, the last 3 are B's: 1 left.
    """
    return sum(slots_left_by_event({str(number): each for number, each in enumerate(holds)}, taken).values())


def slots_left_by_event(holds: Mapping[str, EventHold], taken: int) -> Mapping[str, int]:
    """The same for each reservation, by event id: in the example A has 0 and B has 1."""
    left = {event_id: hold.slots for event_id, hold in holds.items()}
    opened = sorted((hold.taken_at, event_id) for event_id, hold in holds.items() if hold.taken_at is not None)
    for index, (opened_at, _) in enumerate(opened):
        until = opened[index + 1][0] if index + 1 < len(opened) else taken
        consumed = max(0, until - opened_at)
        for _, event_id in opened[: index + 1]:
            used = min(left[event_id], consumed)
            left[event_id] -= used
            consumed -= used
    return left
