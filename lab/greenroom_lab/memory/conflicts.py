"""Conflicts for the fakes: every n-th write of the ports is refused, as if its conflict had outlasted all tries.

Only methods that write to DynamoDB: a fake can refuse what DynamoDB can, and no more. The count that follows a slot's
move is a write of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from greenroom.domain.errors import StoreBusy

from greenroom_lab.memory.slots import COUNT

WRITES: Mapping[str, frozenset[str]] = {
    "catalog": frozenset({"save_application", "save_pool"}),
    "claims": frozenset({"claim", "enqueue", "hand_over", "migrate", "publish", "release"}),
    "connections": frozenset({"drop", "renew_epoch", "store"}),
    "events": frozenset({"add", "save", "unlist"}),
    "fleet": frozenset(
        {
            "add",
            "add_slots",
            "drain",
            "drain_idle",
            "mark_ready",
            "record_heartbeat",
            "save",
            "stop_idle",
            "undrain",
        }
    ),
    "journal": frozenset({"append"}),
    "launches": frozenset({"save"}),
    "line": frozenset({"postpone", "remove"}),
    "offerings": frozenset({"cool_down"}),
    "orphans": frozenset({"first_seen"}),
    "pools": frozenset(
        {
            "begin_pass",
            "clear_pending",
            "commit_launches",
            "correct_free",
            "end_event",
            "halt",
            "reserve_for_event",
            "lower_surplus",
            "record_boot",
            "record_boot_failed",
            "record_given_back",
            "record_launch_failed",
            "record_launch_registered",
            "record_length",
            "record_surplus",
            "open_event",
            "resume",
        }
    ),
    "quota_counters": frozenset({"correct", "correct_viewer", "doubt"}),
    "quotas": frozenset({"clear", "save_account", "save_tenant", "throw"}),
    "reaper": frozenset({"give_up", "last_recorded", "take"}),
    "sessions": frozenset({"forget_connection", "join", "move", "record_eta", "store_wait"}),
    "slots": frozenset({"extend_lease", "move", "start_streaming"}),
    "tickets": frozenset({"redeem", "store"}),
}
"""Port -> its methods that write to DynamoDB, as the adapters' own code says (a test compares them)."""


class _Refusing:
    """A port whose writes may be refused before they are made."""

    def __init__(self, port: str, inner: Any, every: int, met: Counter[str], count: Iterator[int]) -> None:
        self._port, self._inner, self._every, self._met, self._count = port, inner, every, met, count

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._inner, name)
        if name not in WRITES[self._port]:
            return real

        def write(*arguments: Any, **named: Any) -> Any:
            if next(self._count) % self._every == 0:
                self._met[f"{self._port}.{name}"] += 1
                raise StoreBusy(f"{self._port}.{name}")
            return real(*arguments, **named)

        return write


@contextmanager
def conflicts(ports: Any, every: int) -> Iterator[Counter[str]]:
    """While this is open, every n-th write is refused; gives which were, as `claims.claim`, and how often."""
    met: Counter[str] = Counter()
    count = iter(range(1, 1_000_000))
    plain, between = {port: getattr(ports, port) for port in WRITES}, ports.memory.between

    def before_count(step: str) -> None:
        between(step)
        if step == COUNT and next(count) % every == 0:
            met[step] += 1
            raise StoreBusy(step)

    ports.memory.between = before_count
    for port, inner in plain.items():
        setattr(ports, port, _Refusing(port, inner, every, met, count))
    try:
        yield met
    finally:
        ports.memory.between = between
        for port, inner in plain.items():
            setattr(ports, port, inner)
