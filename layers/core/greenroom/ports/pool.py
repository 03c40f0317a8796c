"""Ports for pools: what operators configured, and the rows from which a pool's capacity is planned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
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
    surplus_since: float | None = None  # since when every planning pass has seen more slots than wanted
    surplus_least: int = 0  # the smallest surplus seen since then, slots
    failed_launches: int = 0  # how many launches failed in a row
    failed_boots: int = 0  # how many launched instances in a row never became Ready
    halted: Halt | None = None
    session_lengths: tuple[SessionLength, ...] = ()  # of the last sessions with a natural end; oldest first
    boot_times: tuple[float, ...] = ()  # of the last instances, from launch to Ready, seconds; oldest first
    launch_rests_until: float = 0.0
    give_back_slots: int = 0  # slots of an ended event, to be retired at once until the time below
    give_back_until: float = 0.0
    member_ids: tuple[str, ...] | None = None  # ids of the pool's instances; None: not known


BOOTS_KEPT = 20
"""How many boot times a pool remembers: enough for a meaningful p95, few enough to forget an old image."""


class Pools(Protocol):
    """A pool's partition: the row of its capacity, and its launches. A pass is one run of the planner for the pool."""

    def free(self, pool_id: str) -> int | None:
        """About how many slots of the pool are free: a hint that decides nothing alone. None: not counted yet."""

    def begin_pass(self, pool_id: str, now: float) -> bool:
        """Whether the caller should send PoolChanged, which asks for a planning pass (one run of the planner).

        After one caller has got True, the others get False until that pass begins, or until 2 minutes are over.
        """

    def read(self, pool_id: str) -> PoolRows: ...

    def clear_pending(self, pool_id: str) -> None:
        """Called when a planning pass begins, so that a change of the pool from now on may ask for another pass."""

    def commit_launches(self, pool_id: str, version: int, launches: Sequence[Launch]) -> None:
        """Raises the version by 1 and writes all intended launches, together.

        Raises: Conflict (another planning pass has raised the version meanwhile).
        """

    def record_surplus(self, pool_id: str, since: float | None, least: int) -> None:
        """Records since when the pool has too many slots (`since`), and the smallest surplus since then (`least`).

        If `since` is None, the pool no longer has too many slots, and both are forgotten.
        """

    def lower_surplus(self, pool_id: str, since: float, least: int) -> None:
        """Lowers the recorded smallest surplus to `least`, which was seen outside of a planning pass.

        Changes nothing if the pool no longer counts its surplus from `since`, or if a smaller surplus is recorded
        already.
        """

    def record_given_back(self, pool_id: str, slots: int) -> None:
        """Records that this many slots, which were reserved for an event that is over, were retired."""

    def record_launch_failed(self, pool_id: str, rests_until: float) -> None:
        """Counts one more launch that failed in a row. The pool launches nothing before `rests_until`."""

    def record_boot_failed(self, pool_id: str, instance_id: str) -> int:
        """Records that this launched instance never became Ready. Returns how many such failures there were in a row.

        Each instance counts once, however often this is called.
        """

    def record_launch_registered(self, pool_id: str) -> None:
        """Records that a launch succeeded, so that the count of failed launches begins at 0 again.

        The count of failed boots begins again only at `record_boot`.
        """

    def record_boot(self, pool_id: str, seconds: float | None) -> None:
        """Records that an instance became Ready, so that the count of failed boots begins at 0 again.

        `seconds`: the time from its launch until it was Ready; None when that time says nothing about other boots. The
        last BOOTS_KEPT times are kept.
        """

    def record_length(self, pool_id: str, length: SessionLength) -> None:
        """Records how long a session lasted that came to a natural end.

        The last LENGTHS_KEPT lengths are kept. Of two recorded at the same moment, one may be lost.
        """

    def halt(self, pool_id: str, halt: Halt) -> bool:
        """Halts the pool: it launches and starts no instance until it is resumed.

        Returns whether the pool was not halted before. If it was, the first reason is kept.
        """

    def resume(self, pool_id: str) -> bool:
        """Resumes the pool, and sets the counts of failures to 0. Returns whether the pool was halted."""

    def reserve_for_event(self, pool_id: str, event_id: str, slots: int, give_back_until: float) -> None:
        """Sets the pool's reservation for the event to `slots`. If it was larger, the difference is given back.

        The number is set, never added, so that a repeated call adds nothing. An event that is open stays open: claims
        continue to use up its reservation.
        """

    def open_event(self, pool_id: str, event_id: str) -> None:
        """Lets sessions use up the event's reservation from now on.

        A repeated call changes nothing. If the pool has no reservation for the event, nothing happens.
        """

    def end_event(self, pool_id: str, event_id: str, give_back_until: float) -> bool:
        """Ends the event's reservation, and gives its slots back. Returns whether the pool had one."""

    def correct_free(self, pool_id: str, seen: int | None, counted: int) -> None:
        """Sets the approximate count of free slots to `counted`, if it is still `seen`; otherwise nothing happens."""


class Catalog(Protocol):
    """The applications and pools that operators configured."""

    def application(self, application_id: str) -> Application:
        """Reads the application. Raises: NotFound (there is none with this id)."""

    def pool(self, pool_id: str) -> Pool:
        """Reads the pool's settings. Raises: NotFound (there is no pool with this id)."""

    def pool_ids(self) -> Sequence[str]:
        """The ids of all pools. An id may be listed a moment before its row exists."""

    def save_application(self, application: Application) -> None: ...

    def save_pool(self, pool: Pool) -> Pool:
        """Writes the pool if its stored version is still `pool.version` (0: no row).

        Returns the pool with the next version.
        Raises: Conflict (somebody else has written the pool meanwhile).
        """


# -- roles


class HasCatalog(Protocol):
    @property
    def catalog(self) -> Catalog: ...


class HasPools(Protocol):
    @property
    def pools(self) -> Pools: ...
