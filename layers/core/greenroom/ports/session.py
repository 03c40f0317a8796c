"""Ports for sessions, and for slots changing hands between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from greenroom.domain.quota.quota import Quotas
from greenroom.domain.session.eta import Eta
from greenroom.domain.session.session import LeftSlot, Moving, Session, SessionMove
from greenroom.domain.slot.slot import FreeSlot, Slot
from greenroom.ports.line import LineTicket


@dataclass(frozen=True, slots=True)
class PendingWait:
    """The pending wait of a state machine: the fact that it awaits (`slot`, `connection`, `end`) and its task token."""

    awaits: str
    task_token: str
    execution_arn: str | None = None  # given at the adoption; later waits of the same execution may omit it


@dataclass(frozen=True, slots=True)
class Joined:
    """An accepted join: the session after it, and the page that it replaced (None: none, or the same page)."""

    session: Session
    superseded_connection_id: str | None


@dataclass(frozen=True, slots=True)
class Taken:
    """A session that got a slot, with its pending wait.

    `free`: about how many slots of the pool are free now; None when the slot was never free, so that the count is
    unchanged.
    """

    session: Session
    free: int | None


class Sessions(Protocol):
    """Session rows. Reads are consistent, except the list of a viewer's sessions."""

    def get(self, session_id: str) -> Session:
        """Raises: NotFound."""

    def list_of_viewer(self, viewer_id: str, limit: int) -> Sequence[Session]:
        """The viewer's sessions, newest first. They come from an index, so the list may be outdated."""

    def move(self, session_id: str, move: SessionMove) -> Session:
        """Changes the state if state, epoch and join number are as `move` requires.

        Returns the row after it, with its pending wait.
        Raises: NotFound, StaleEpoch (the slot changed hands), IllegalTransition (a late fact, or an outdated join
        number).
        """

    def store_wait(self, session_id: str, wait: PendingWait) -> Session:
        """Adopts the session, if no other execution has, and stores the pending wait. Returns the row after it.

        Raises: NotFound, SessionAlreadyAdopted.
        """

    def join(self, session_id: str, connection_id: str, epoch: int, resume_join: int | None) -> Joined:
        """Makes `connection_id` the session's page.

        The join number is raised by 1, unless `resume_join` is the current one.
        Raises: NotFound, SessionHasEnded, StaleEpoch.
        """

    def record_eta(self, session_id: str, eta: Eta) -> bool:
        """Stores the forecast that the viewer is shown now and, the first time, as the first one shown.

        Returns whether the session still waits. The version of the row stays the same.
        """

    def forget_connection(self, session_id: str, connection_id: str, now: float) -> bool:
        """Removes the page's connection, if it is still this one, and records when it went. Returns whether it did."""


class LiveSessions(Protocol):
    """The sessions that the reaper must look at."""

    def list_ids(self, limit: int) -> Sequence[str]:
        """Sessions that are not over, nearest deadline first. They come from an index, so the list may be outdated."""


class Claims(Protocol):
    """Writes that give a slot to a session or take it back, changing slot and session together."""

    def free_page(self, pool_id: str, application_id: str, shard: int, start: str, limit: int) -> Sequence[FreeSlot]:
        """Up to `limit` of the application's free entries in the shard, from slot id `start` on.

        When none follow, the page begins at the shard's first entry.
        """

    def claim(self, free: FreeSlot, session: Session, sessions_per_viewer: int, quotas: Quotas | None = None) -> Taken:
        """Gives the free slot to a new session, in one transaction.

        Slot Free -> Reserved (epoch + 1), its free entry deleted, the Assigned session written, the viewer's counter
        raised, the client token used. The slot must run the session's application.
        `session` already holds the assignment. Repeated with the same session id, the call returns the stored row.
        `quotas`: the session also takes one unit each of its viewer's day, its tenant and the account; None: only the
        viewer's counter. The returned session names the shards that the units came from.
        Raises: SlotLost, ViewerLimitReached, DuplicateLaunch, QuotaExceeded.
        """

    def check_viewer(self, session: Session, sessions_per_viewer: int) -> None:
        """Raises what `claim` and `enqueue` would raise because of the viewer; writes nothing.

        Raises: ViewerLimitReached, DuplicateLaunch.
        """

    def enqueue(self, session: Session, sessions_per_viewer: int, quotas: Quotas | None = None) -> Session:
        """Writes a Queued session and its place in line, counted as by `claim`, with the client token used.

        Raises: ViewerLimitReached, DuplicateLaunch, QuotaExceeded.
        """

    def migrate(self, session: Session, moving: Moving, deadline_at: float) -> Session:
        """Session Assigned, Connected or Disconnected -> Migrating.

        It gets a place in line by the order of its first request, and keeps its slot until another one is handed over.
        Returns the row after it, with its pending wait.
        Raises: NotFound, StaleEpoch (it has another slot by now), IllegalTransition (it is moving or ending already).
        """

    def hand_over(
        self, ticket: LineTicket, slot: Slot | FreeSlot, session: Session, left: LeftSlot | None = None
    ) -> Taken:
        """Gives a slot to the session of a place in line.

        Slot Free or Resetting -> Reserved, session Queued or Migrating -> Assigned, its place in line deleted.
        `session` is the row to write: Assigned, with its deadline and its assignment (whose epoch is the slot's next).
        `left`: the slot that a Migrating session gives up. It becomes Resetting if its instance stays in service, else
        Retired. Returns the row after it, with its pending wait.
        Raises: SlotLost (the slot was taken, it runs another application, or its instance takes no more sessions),
        SessionHasEnded (the session no longer waits).
        """

    def publish(self, slot: Slot, now: float, enough: Callable[[], int] | None = None) -> bool:
        """Slot Resetting -> Free with its free entry written, while its instance takes sessions.

        Returns whether the pool now has exactly one free slot more than `enough()`, which is called after the write.
        Raises: SlotLost (not Resetting at this epoch any more, or the instance takes no more sessions).
        """

    def release(self, session: Session, now: float) -> Session:
        """Gives back everything that an Ending session holds, in one transaction.

        Its slot (if it still has it) -> Resetting, session -> Ended or Failed, the viewer's counter lowered, its quota
        units given back to their shards, and its GPU time added to its days. Idempotent: a session that is over is
        returned as it is. Raises: IllegalTransition (it is not Ending yet).
        """


# -- roles


class HasSessions(Protocol):
    @property
    def sessions(self) -> Sessions: ...


class HasClaims(Protocol):
    @property
    def claims(self) -> Claims: ...


class HasLiveSessions(Protocol):
    @property
    def live_sessions(self) -> LiveSessions: ...
