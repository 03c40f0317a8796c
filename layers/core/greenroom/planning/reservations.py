"""Computes how many slots are left of a pool's reservations. Pure.

A reservation is a number of slots for the viewers of a scheduled event. Sessions use it up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from greenroom.domain.event.scheduled_event import EventReservation


def slots_left(reservations: Iterable[EventReservation], taken: int) -> int:
    """Returns how many slots are left of all reservations together.

    `taken`: how many slots the pool has given to sessions since it exists. Until an event opens, its reservation has
    all its slots. After that, each session uses up one slot of the reservation that opened first and has slots left. So
    two events at the same time reserve the sum of their slots, and no session counts twice.

    Example: A reserves 5 slots and opened when `taken` was 10, B reserves 4 slots and opened when `taken` was 12; now
    `taken` is 18. The 2 sessions before B opened and 3 more use up A, the last 3 use up slots of B: 1 slot is left.
    """
    return sum(slots_left_by_event({str(number): each for number, each in enumerate(reservations)}, taken).values())


def slots_left_by_event(reservations: Mapping[str, EventReservation], taken: int) -> Mapping[str, int]:
    """Returns how many slots are left of each reservation, by event id.

    In the example of `slots_left`, A has 0 slots left and B has 1.
    """
    left = {event_id: reservation.slots for event_id, reservation in reservations.items()}
    opened = sorted(
        (reservation.taken_at, event_id)
        for event_id, reservation in reservations.items()
        if reservation.taken_at is not None
    )
    for index, (opened_at, _) in enumerate(opened):
        until = opened[index + 1][0] if index + 1 < len(opened) else taken
        consumed = max(0, until - opened_at)
        for _, event_id in opened[: index + 1]:
            used = min(left[event_id], consumed)
            left[event_id] -= used
            consumed -= used
    return left
