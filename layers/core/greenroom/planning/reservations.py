"""How many slots of the events' reservations are still unused: finite slots, consumed and not refilled. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from greenroom.domain.scheduled_event import EventHold


def slots_left(holds: Iterable[EventHold], taken: int) -> int:
    """`taken` is how many slots the pool ever gave to sessions.

    A reservation that has not opened is whole. Each session consumes one slot of the reservation that opened first and
    has some left, so two events at once hold the sum and no session is counted twice.

    Example: A holds 5 since taken was 10, B holds 4 since taken was 12; taken is 18. The 2 before B opened and 3 more
    use A up, the last 3 are B's: 1 left.
    """
    opened = sorted((each for each in holds if each.taken_at is not None), key=lambda each: each.taken_at or 0)
    left = sum(each.slots for each in holds if each.taken_at is None)
    unused = 0
    for index, each in enumerate(opened):
        until = opened[index + 1].taken_at if index + 1 < len(opened) else taken
        unused = max(0, unused + each.slots - max(0, (until or 0) - (each.taken_at or 0)))
    return left + unused
