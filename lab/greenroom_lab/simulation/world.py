"""A virtual clock, a seeded rng and seeded faults; every port call is a seam where a process may die or wait."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar

from greenroom.domain.errors import GreenroomError, StoreBusy
from greenroom.domain.events import Event, PoolChanged, ReaperNeeded, SessionRequested

from greenroom_lab.memory.conflicts import WRITES
from greenroom_lab.memory.ports import FakePorts
from greenroom_lab.memory.slots import COUNT
from greenroom_lab.memory.store import Memory

R = TypeVar("R")
Act = Callable[[], object]


class Crash(BaseException):
    """The process died between two port calls. Not an Exception: no use case may catch its own death."""


@dataclass(frozen=True, slots=True)
class Rates:
    """How likely each fault is, each time it could happen."""

    lost_event: float = 0.10
    doubled_event: float = 0.12
    delayed_event: float = 0.06
    crash: float = 0.03
    preemption: float = 0.01
    conflict: float = 0.01
    launch_refused: float = 0.25
    reply_lost: float = 0.16
    never_boots: float = 0.18
    agent_hangs: float = 0.010
    agent_restarts: float = 0.006
    streamer_lost: float = 0.03
    spot_interrupted: float = 0.035
    terminate_lost: float = 0.16
    list_omits: float = 0.01
    unknown_yet: float = 0.25
    stop_lost: float = 0.65
    start_lost: float = 0.75
    start_refused: float = 0.35
    spot_warned: float = 0.035
    rebalance_advised: float = 0.045
    market_runs_dry: float = 0.25
    viewer_vanishes: float = 0.10


class Watched(dict[str, Any]):
    """Rows that say when one of them was written."""

    is_dirty = False

    def __setitem__(self, key: str, row: Any) -> None:
        self.is_dirty = True
        super().__setitem__(key, row)


class Seam:
    """A port whose every call may be the last of its process, or lets somebody else go first.

    A write may be refused, too, as by a transaction on its item that outlasts all tries.
    """

    def __init__(self, port: str, inner: Any, world: World) -> None:
        self._port, self._inner, self._world = port, inner, world

    def __getattr__(self, name: str) -> Any:
        real, world = getattr(self._inner, name), self._world
        is_write = name in WRITES.get(self._port, ())

        def call(*args: Any, **named: Any) -> Any:
            world.before_port_call()
            if is_write and world.strikes("conflict"):
                raise StoreBusy(f"{self._port}.{name}")
            return real(*args, **named)

        self.__dict__[name] = call
        return call


SEAMS = [
    "sessions",
    "line",
    "claims",
    "slots",
    "catalog",
    "reaper",
    "journal",
    "fleet",
    "pools",
    "launches",
    "offerings",
    "events",
    "ec2",
    "orphans",
    "live_sessions",
    "quotas",
    "quota_counters",
    "tasks",
    "bus",
    "socket",
    "connections",
]


class World:
    """Time, faults and the bus. `run` plays what is due, one act after the other."""

    def __init__(self, seed: int, rates: Rates | None = None) -> None:
        self.random = Random(seed)
        self.rates = rates or Rates()
        self.counts: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.has_faults = True
        self.ports: Any = FakePorts(Memory(), seed)
        self.memory: Memory = self.ports.memory
        self.memory.session_rows = Watched()
        self.memory.slot_rows = Watched()
        self.handlers: dict[type[Event], Callable[[Any], None]] = {}
        self._due: list[tuple[float, int, Act]] = []
        self._order = itertools.count()
        self._crash_in = 0
        self._depth = 0

    def place_seams(self) -> None:
        """Once all ports are in place."""
        self.ports.bus.send = self.deliver
        for name in SEAMS:
            setattr(self.ports, name, Seam(name, getattr(self.ports, name), self))
        self.memory.between = self._between

    def _between(self, step: str) -> None:
        """Inside a port's method: the count that follows a slot's move is a call of its own."""
        if step == COUNT:
            self.before_port_call()
            if self.strikes("conflict"):
                raise StoreBusy(step)

    # -- time

    @property
    def now(self) -> float:
        return float(self.ports.time)

    def after(self, least_s: float, most_s: float, act: Act) -> None:
        at = self.now + self.random.uniform(least_s, most_s)
        heapq.heappush(self._due, (at, next(self._order), act))

    def step(self) -> None:
        """The next act, at its time."""
        at, _, act = heapq.heappop(self._due)
        self.ports.time = max(self.now, at)
        self._play(act)

    def _play(self, act: Act) -> None:
        with suppress(Crash):
            act()

    # -- faults

    def strikes(self, kind: str) -> bool:
        """Whether this fault happens now; counted."""
        hit = self.has_faults and self.random.random() < getattr(self.rates, kind)
        self.counts[kind] += hit
        return hit

    def before_port_call(self) -> None:
        if not self._depth and self._due and self.strikes("preemption"):
            self._let_another_go_first()
        if self._crash_in:
            self._crash_in -= 1
            if not self._crash_in:
                self.counts["crash"] += 1
                raise Crash

    def _let_another_go_first(self) -> None:
        """The next act is played in the middle of this one, as on a machine with two processors."""
        _, _, act = heapq.heappop(self._due)
        before, self._crash_in, self._depth = self._crash_in, 0, 1
        try:
            self._play(act)
        finally:
            self._crash_in, self._depth = before, 0

    def invoke(self, call: Callable[[], R]) -> R:
        """One invocation: it may die at any of its port calls. Raises: Crash, what `call` raises."""
        outer = self._crash_in
        dies = self.has_faults and self.random.random() < self.rates.crash
        self._crash_in = self.random.randint(1, 20) if dies else 0
        try:
            return call()
        finally:
            self._crash_in = outer

    def attempt(self, call: Callable[[], R], again: Act | None = None) -> R | None:
        """None when it died or was refused; one that died or met a conflict is mostly tried again with `again`."""
        try:
            return self.invoke(call)
        except (Crash, StoreBusy):
            if again is not None and self.random.random() < 0.8:
                self.after(1, 5, again)
        except GreenroomError as error:
            self.errors[type(error).__name__] += 1
        return None

    # -- the bus

    def deliver(self, *events: Event) -> None:
        for event in events:
            self._deliver_one(event)

    def _deliver_one(self, event: Event) -> None:
        handler = self.handlers.get(type(event))
        if handler is None:
            return
        self.on_the_way("event", lambda: handler(event))

    def on_the_way(self, what: str, arrive: Act) -> None:
        """A message: lost, doubled, late, or as it should be."""
        if self.strikes("lost_event"):
            return
        if self.strikes("doubled_event"):
            self.after(0.1, 20, arrive)
        late = self.strikes("delayed_event")
        self.after(10 if late else 0.1, 60 if late else 1.5, arrive)


__all__ = ["Crash", "Event", "PoolChanged", "Rates", "ReaperNeeded", "SessionRequested", "Watched", "World"]
