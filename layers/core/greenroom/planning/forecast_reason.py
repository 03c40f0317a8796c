"""Tells a viewer in line why the wait takes as long as it does, in words that a viewer understands. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Situation:
    """What a pool does to get slots for the viewers in line. The fields `..._s` are in seconds from now."""

    warming: int = 0  # instances that are starting
    first_ready_s: float = 0.0
    planned: int = 0  # instances that the next run of the planner will start or launch
    planned_ready_s: float = 0.0
    next_free_s: float | None = None  # until a running session ends and its slot is reset; None: nobody plays
    cooldown_until: float | None = None  # EC2 refused, and is asked again at this time, epoch seconds
    halted: bool = False
    can_grow: bool = True  # whether the pool may start any further instance


def reason_of(place: int, now: Situation, begins_at: float | None = None) -> str:
    """Returns the reason why the viewer at `place` in line (1 = next) must wait.

    Example: `3 people are ahead of you; 2 servers are starting, the first is ready in about 1:40`.
    `begins_at`: when the viewer waits for a scheduled event, the start of the event (epoch seconds). The reason then
    names only this start and the people ahead.
    """
    ahead = "you are next" if place <= 1 else f"{_people(place - 1)} ahead of you"
    if begins_at is not None:
        return f"{ahead}; the event begins at {_clock(begins_at)}"
    return "; ".join([ahead, *(clause for clause in (_coming(now), _obstacle(now)) if clause)])


def _coming(now: Situation) -> str:
    if now.warming:
        which = "" if now.warming == 1 else "the first is "
        return f"{_servers(now.warming, 'starting')}, {which}ready in about {duration(now.first_ready_s)}"
    if now.planned and now.cooldown_until is None:
        return f"{_servers(now.planned, 'about to start')}, ready in about {duration(now.planned_ready_s)}"
    if now.next_free_s is not None:
        return f"the next server is free in about {duration(now.next_free_s)}"
    may_come = now.can_grow and not now.halted and now.cooldown_until is None
    return "a server will be started next" if may_come else ""


def _obstacle(now: Situation) -> str:
    if now.halted:
        return "no servers are added at the moment"
    if not now.can_grow:
        has_any = now.warming or now.next_free_s is not None
        return "no more servers can be added" if has_any else "there are no servers, and none can be added now"
    if now.cooldown_until is not None:
        return f"the cloud provider has no server available now; we ask again at {_clock(now.cooldown_until)}"
    return ""


def _people(number: int) -> str:
    return "1 person is" if number == 1 else f"{number} people are"


def _servers(number: int, doing: str) -> str:
    return f"1 server is {doing}" if number == 1 else f"{number} servers are {doing}"


def duration(seconds: float) -> str:
    """Returns a duration as text: 100 -> `1:40`, 5400 -> `1 h 30 min`."""
    whole = max(0, round(seconds))
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 60}:{whole % 60:02d}"


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M UTC")
