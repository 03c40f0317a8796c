"""Ports for pools: what operators configured, and the row and launches that a pool's capacity is planned with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from greenroom.domain.event.scheduled_event import EventReservation
from greenroom.domain.instance.launch import Launch
from greenroom.domain.pool.pool import Application, Halt, Pool
from greenroom.domain.session.session_length import SessionLength


@dataclass(frozen=True, slots=True)
class PoolRows:
    """Everything in the pool's partition, read by one consistent query."""

    version: int
    launches: tuple[Launch, ...]
    reservations: Mapping[str, EventReservation] = field(default_factory=dict)  # by event id
    taken: int = 0  # how many slots the pool has ever given to sessions
    surplus_since: float | None = None  # since when every pass has seen more slots than wanted
    surplus_least: int = 0  # the smallest surplus seen since then, slots
    failed_launches: int = 0  # how many launches failed in a row
    failed_boots: int = 0  # how many of them in a row launched, but never became Ready
    halted: Halt | None = None
    session_lengths: tuple[SessionLength, ...] = ()  # of the last sessions with a natural end, oldest first
    boot_times: tuple[float, ...] = ()  # of the last instances, from launch to Ready, seconds; oldest first
    launch_rests_until: float = 0.0
    give_back_slots: int = 0  # slots of an ended event that may go at once, until the time below
    give_back_until: float = 0.0
    member_ids: tuple[str, ...] | None = None  # ids of the pool's instances; None: not known


BOOTS_KEPT = 20
"""How many boot times a pool remembers: enough for a meaningful p95, few enough to forget an old image."""


class Pools(Protocol):
    """A pool's partition: its capacity row and its launches."""

    def free(self, pool_id: str) -> int | None:
        """About how many slots are free: a hint that never decides anything alone. None when nobody has counted yet."""

    def begin_pass(self, pool_id: str, now: float) -> bool:
        """Whether the caller may send PoolChanged, which asks for a planning pass.

        True once per 2 minutes; when a pass begins, it is true for the next caller again.
        """

    def read(self, pool_id: str) -> PoolRows: ...

    def clear_pending(self, pool_id: str) -> None:
        """Called when a pass begins: a change after this may ask for another pass."""

    def commit_launches(self, pool_id: str, version: int, launches: Sequence[Launch]) -> None:
        """Raises the version by 1 and writes all the intents, together. Raises: Conflict (another pass was faster)."""

    def record_surplus(self, pool_id: str, since: float | None, least: int) -> None:
        """Sets the scale-in clock and the smallest surplus since; `since` None forgets both."""

    def lower_surplus(self, pool_id: str, since: float, least: int) -> None:
        """Lowers the smallest surplus, as seen outside of a planning pass.

        Changes nothing if the scale-in clock was restarted, or if a smaller surplus is known already.
        """

    def record_given_back(self, pool_id: str, slots: int) -> None:
        """Records that so many slots of an ended event were retired."""

    def record_launch_failed(self, pool_id: str, rests_until: float) -> None:
        """Counts one more launch that failed in a row; nothing is launched before `rests_until`."""

    def record_boot_failed(self, pool_id: str, instance_id: str) -> int:
        """Records that this launched instance never became Ready. Returns how many such failures there were in a row.

        Each instance counts once, however often this is called.
        """

    def record_launch_registered(self, pool_id: str) -> None:
        """A launch succeeded, so the count of failed launches starts again.

        That of failed boots does so only at `record_boot`.
        """

    def record_boot(self, pool_id: str, seconds: float | None) -> None:
        """Records that an instance became Ready, so that the count of failed boots starts again.

        `seconds`: its boot time since the launch; None when the time is no measure of a boot. The last BOOTS_KEPT are
        kept.
        """

    def record_length(self, pool_id: str, length: SessionLength) -> None:
        """Records how long a session lasted that came to a natural end.

        The last LENGTHS_KEPT are kept. Of two at the same moment, one may be lost.
        """

    def halt(self, pool_id: str, halt: Halt) -> bool:
        """Halts the pool. Returns whether it was not halted before; if it was, the first reason stays."""

    def resume(self, pool_id: str) -> bool:
        """Resumes the pool, and starts the counts of failures again. Returns whether it was halted."""

    def reserve_for_event(self, pool_id: str, event_id: str, slots: int, give_back_until: float) -> None:
        """Sets the pool's reservation for the event to `slots`. What it had beyond that is given back.

        The number is set, never added, so that a repeated call changes nothing. An opened reservation stays open.
        """

    def open_event(self, pool_id: str, event_id: str) -> None:
        """Lets sessions use up the event's reservation from now on.

        Repeating it is fine, and so is having no reservation.
        """

    def end_event(self, pool_id: str, event_id: str, give_back_until: float) -> bool:
        """Ends the event's reservation, and gives its slots back. Returns whether there was one."""

    def correct_free(self, pool_id: str, seen: int | None, counted: int) -> None:
        """Sets the approximate count of free slots, if it is still what was `seen`. If it is not, nothing happens."""


class Catalog(Protocol):
    """The applications and pools that operators configured."""

    def application(self, application_id: str) -> Application:
        """Raises: NotFound."""

    def pool(self, pool_id: str) -> Pool:
        """Raises: NotFound."""

    def pool_ids(self) -> Sequence[str]:
        """The ids of all pools. An id may be listed a moment before its row exists."""

    def save_application(self, application: Application) -> None: ...

    def save_pool(self, pool: Pool) -> Pool:
        """Writes the pool if the stored version is still `pool.version` (0: no row). Returns it with the next version.

        Raises: Conflict.
        """


# -- roles


class HasCatalog(Protocol):
    @property
    def catalog(self) -> Catalog: ...


class HasPools(Protocol):
    @property
    def pools(self) -> Pools: ...
