"""Divides the instance's range of UDP ports among its slots (a slot is the place for one session)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MediaPorts:
    """A range of UDP ports. Both `first` and `last` belong to the range."""

    first: int
    last: int


def ports_of_slot(whole: MediaPorts, slot_count: int, number: int) -> MediaPorts:
    """Returns the ports of slot `number`, which counts from 1. `whole`: the range of the instance.

    Every slot has the same number of ports; a remainder is not used.

    >>> ports_of_slot(MediaPorts(50000, 50099), 4, 2)
    MediaPorts(first=50025, last=50049)

    Raises: ValueError when the range is smaller than the number of slots.
    """
    size = (whole.last - whole.first + 1) // slot_count
    if size < 1:
        raise ValueError(f"{whole} is too small for {slot_count} slots")
    first = whole.first + (number - 1) * size
    return MediaPorts(first, first + size - 1)
