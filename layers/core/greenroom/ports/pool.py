"""What operators configured, and each pool's one row of capacity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from greenroom.domain.event.scheduled_event import EventHold
from greenroom.domain.instance.launch import Launch
from greenroom.domain.pool.pool import Application, Halt, Pool
from greenroom.domain.session.session_length import SessionLength


@dataclass(frozen=True, slots=True)
class PoolRows:
    """What one consistent query of the pool's partition says."""

    version: int
    launches: tuple[Launch, ...]
    holds: Mapping[str, EventHold] = field(default_factory=dict)  # by event id
    taken: int = 0  # how many slots were ever given to sessions
    surplus_since: float | None = None  # since when every pass saw more slots than wanted
    surplus_least: int = 0  # the least surplus seen since then, slots
    failed_launches: int = 0  # in a row
    failed_boots: int = 0  # in a row, of those: launched, but never ready
    halted: Halt | None = None
    session_lengths: tuple[SessionLength, ...] = ()  # of the last natural ends, oldest first
    boot_times: tuple[float, ...] = ()  # of the last instances, from launch to Ready, seconds; oldest first
    launch_rests_until: float = 0.0
    give_back_slots: int = 0  # an event that ended gives back so many at once
    give_back_until: float = 0.0
    members: tuple[str, ...] | None = None  # instance ids; None: not known


BOOTS_KEPT = 20
"""Boot times that a pool remembers: enough for a p95 that means something, few enough to forget an old image."""


class Pools(Protocol):
    """The pool's partition: its one capacity row and its launches."""

    def free(self, pool_id: str) -> int | None:
        """About how many slots are free, a hint on which nothing is decided alone; None when nobody counted yet."""

    def begin_pass(self, pool_id: str, now: float) -> bool:
        """Whether the caller may send PoolChanged: true once per 2-minute lease (the pass itself clears it)."""

    def read(self, pool_id: str) -> PoolRows: ...

    def clear_pending(self, pool_id: str) -> None:
        """A pass begins: from now on a change asks for another one."""

    def commit_launches(self, pool_id: str, version: int, launches: Sequence[Launch]) -> None:
        """Version + 1 and all intents, together. Raises: Conflict (another pass was faster)."""

    def note_surplus(self, pool_id: str, since: float | None, least: int) -> None:
        """Set (or forget) the scale-in clock and the least surplus since."""

    def lower_surplus(self, pool_id: str, since: float, least: int) -> None:
        """Fewer slots were too many, seen outside of a pass; unless the clock is another one, or knows of fewer."""

    def note_given_back(self, pool_id: str, slots: int) -> None:
        """So many slots of an ended event were retired."""

    def note_launch_failed(self, pool_id: str, rests_until: float) -> None:
        """One more failure in a row; none is tried before `rests_until`."""

    def note_boot_failed(self, pool_id: str, instance_id: str) -> int:
        """This launched instance never got ready; how many in a row. Each counts once, however often it is noted."""

    def note_launch_registered(self, pool_id: str) -> None:
        """The row of failed launches ends; that of failed boots only at `note_boot`."""

    def note_boot(self, pool_id: str, seconds: float | None) -> None:
        """An instance got ready: the row of failed boots ends. `seconds` after its launch; None: not a measure.

        The last BOOTS_KEPT measures are kept.
        """

    def note_length(self, pool_id: str, length: SessionLength) -> None:
        """A session ended by itself. The last LENGTHS_KEPT are kept; one of two at the same moment may be lost."""

    def halt(self, pool_id: str, halt: Halt) -> bool:
        """Whether it was not halted before; the first reason stays."""

    def resume(self, pool_id: str) -> bool:
        """Whether it was halted. The rows of failures end too."""

    def hold_for_event(self, pool_id: str, event_id: str, slots: int, give_back_until: float) -> None:
        """Set, never increment: a second delivery changes nothing; an opened reservation stays opened.

        What it held beyond `slots` is given back.
        """

    def open_event(self, pool_id: str, event_id: str) -> None:
        """From now on sessions consume the reservation; once is enough, and none held is fine."""

    def end_event(self, pool_id: str, event_id: str, give_back_until: float) -> bool:
        """Hold nothing any more for it, and give back what it held; whether it held anything."""

    def correct_free(self, pool_id: str, seen: int | None, counted: int) -> None:
        """Replace the coarse free counter if it is still what was seen; a lost race is fine."""


class Catalog(Protocol):
    """What operators configured."""

    def application(self, application_id: str) -> Application:
        """Raises: NotFound."""

    def pool(self, pool_id: str) -> Pool:
        """Raises: NotFound."""

    def pool_ids(self) -> Sequence[str]:
        """All of them; one may be listed a moment before its row exists."""

    def save_application(self, application: Application) -> None: ...

    def save_pool(self, pool: Pool) -> Pool:
        """Write it if the stored version is still `pool.version` (0: there is none); returns it with the next one.

        Raises: Conflict.
        """


# -- roles


class HasCatalog(Protocol):
    @property
    def catalog(self) -> Catalog: ...


class HasPools(Protocol):
    @property
    def pools(self) -> Pools: ...
