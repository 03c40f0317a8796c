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
    """Everything that is stored in a pool's partition, read by one consistent query."""

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
"""How many boot times a pool remembers: enough for a meaningful 95th percentile, few enough to forget an old image."""


class Pools(Protocol):
    """What is stored about a pool's capacity and its launches, in the pool's partition.

    A planning pass is one run of the planner, which decides how many instances the pool starts, stops and retires.
    """

    def free(self, pool_id: str) -> int | None:
        """About how many slots of the pool are free; None when they were never counted.

        The number is a hint: whether a session gets a slot never depends on it alone.
        """

    def begin_pass(self, pool_id: str, now: float) -> bool:
        """Whether the caller should send the event PoolChanged, which asks for a planning pass (a run of the planner).

        After one caller has got True, other callers get False until that planning pass begins, or until 2 minutes are
        over.
        """

    def read(self, pool_id: str) -> PoolRows: ...

    def clear_pending(self, pool_id: str) -> None:
        """Called when a planning pass (one run of the planner) begins: later changes may ask for another pass."""

    def commit_launches(self, pool_id: str, version: int, launches: Sequence[Launch]) -> None:
        """Writes all launches that a planning pass (one run of the planner) decided on.

        The same write raises the pool's version by 1; it is made only if the stored version is still `version`.
        Raises: Conflict (another planning pass has raised the version meanwhile).
        """

    def record_surplus(self, pool_id: str, since: float | None, least: int) -> None:
        """Records since when the pool has had more slots than it needs.

        `since`: the start of that time; None when the pool no longer has too many slots, so that both numbers are
        deleted. `least`: the smallest number of slots too many since then.
        """

    def lower_surplus(self, pool_id: str, since: float, least: int) -> None:
        """Lowers the pool's recorded smallest surplus to `least` slots, which was seen between two runs of the planner.

        Changes nothing if the pool's surplus is no longer recorded as having begun at `since`, or if the recorded
        smallest surplus is smaller already.
        """

    def record_given_back(self, pool_id: str, slots: int) -> None:
        """Records that the pool retired this many slots that were reserved for a scheduled event which is over."""

    def record_launch_failed(self, pool_id: str, rests_until: float) -> None:
        """Records that a launch failed: raises the pool's count of launches that failed in a row by 1.

        The pool launches nothing before `rests_until`.
        """

    def record_boot_failed(self, pool_id: str, instance_id: str) -> int:
        """Records that a launched instance never became Ready. Returns how many instances in a row never became Ready.

        Each instance is counted once, however often its failure is recorded.
        """

    def record_launch_registered(self, pool_id: str) -> None:
        """Records that a launch of the pool succeeded, because the agent of its instance registered.

        The pool's count of launches that failed in a row is set to 0. Its count of failed boots is set to 0 only by
        `record_boot`.
        """

    def record_boot(self, pool_id: str, seconds: float | None) -> None:
        """Records that an instance of the pool became Ready, and how long its boot took.

        `seconds`: the time from the instance's launch until it was Ready; None when that time says nothing about other
        boots. The last BOOTS_KEPT times are kept. The pool's count of boots that failed in a row is set to 0.
        """

    def record_length(self, pool_id: str, length: SessionLength) -> None:
        """Stores how long a session that came to a natural end held slots, to forecast other sessions.

        The last LENGTHS_KEPT lengths are kept. Of two lengths stored at the same moment, one may be lost.
        """

    def halt(self, pool_id: str, halt: Halt) -> bool:
        """Halts the pool: it launches and starts no instance until an operator resumes it.

        Returns True if the pool was not halted before. If it was halted already, the first reason is kept, and False is
        returned.
        """

    def resume(self, pool_id: str) -> bool:
        """Ends the pool's halt, and sets its counts of failed launches and failed boots to 0.

        Returns whether the pool was halted.
        """

    def reserve_for_event(self, pool_id: str, event_id: str, slots: int, give_back_until: float) -> None:
        """Sets the number of slots that the pool reserves for a scheduled event to `slots`.

        If the pool reserved more slots before, it gives the difference back: it may retire these slots at once, until
        `give_back_until`. The number is set, never added, so that a repeated call adds nothing. If the event has
        opened, sessions continue to use up its reserved slots.
        """

    def open_event(self, pool_id: str, event_id: str) -> None:
        """Opens the event: from now on, sessions of the pool that get a slot use up the event's reserved slots.

        A repeated call changes nothing. If the pool has no reservation for the event, nothing happens.
        """

    def end_event(self, pool_id: str, event_id: str, give_back_until: float) -> bool:
        """Ends the pool's reservation for the event. Returns whether the pool had a reservation for it.

        The pool gives the reserved slots back: it may retire them at once, until `give_back_until`.
        """

    def correct_free(self, pool_id: str, seen: int | None, counted: int) -> None:
        """Sets the approximate count of the pool's free slots to `counted`, if the stored count is still `seen`."""


class Catalog(Protocol):
    """The applications and pools, as operators configured them."""

    def application(self, application_id: str) -> Application:
        """Reads the application. Raises: NotFound (no application has this id)."""

    def pool(self, pool_id: str) -> Pool:
        """Reads the pool's settings. Raises: NotFound (no pool has this id)."""

    def pool_ids(self) -> Sequence[str]:
        """The ids of all pools. An id may be listed a moment before its pool's row exists."""

    def save_application(self, application: Application) -> None: ...

    def save_pool(self, pool: Pool) -> Pool:
        """Writes the pool's settings if its stored version is still `pool.version` (0: the pool is new).

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
