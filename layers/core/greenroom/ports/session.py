"""Ports for sessions, and for giving slots to sessions and taking them back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from greenroom.domain.quota.quota import Quotas
    from greenroom.domain.session.eta import Eta
    from greenroom.domain.session.session import LeftSlot, Moving, Session, SessionMove
    from greenroom.domain.slot.slot import FreeSlot, Slot
    from greenroom.ports.line import LineTicket


@dataclass(frozen=True, slots=True)
class PendingWait:
    """A state machine that waits for a session: what it awaits (`slot`, `connection` or `end`) and its task token."""

    awaits: str
    task_token: str
    execution_arn: str | None = None  # given at the first wait, which adopts the session; later waits may omit it


@dataclass(frozen=True, slots=True)
class Joined:
    """A page now shows the session: the session after this, and the connection of the page that showed it before.

    `superseded_connection_id` is None when no page showed the session, or the same page did.
    """

    session: Session
    superseded_connection_id: str | None


@dataclass(frozen=True, slots=True)
class Taken:
    """A session that got a slot, with the state machine that waits for the session (its pending wait).

    `free`: about how many slots of the pool are free now; None when the slot was never free, so that the count is
    unchanged.
    """

    session: Session
    free: int | None


class Sessions(Protocol):
    """Session rows. Reads are consistent, except the list of a viewer's sessions."""

    def get(self, session_id: str) -> Session:
        """Reads the session. Raises: NotFound (there is none with this id)."""

    def list_of_viewer(self, viewer_id: str, limit: int) -> Sequence[Session]:
        """The viewer's sessions, newest first. They come from an index, so the list may be outdated."""

    def move(self, session_id: str, move: SessionMove) -> Session:
        """Changes the session's state, if its state, epoch and join number are as `move` requires.

        The epoch is the fencing number of its slot, raised at each claim. The join number counts the pages that have
        shown the session.
        Returns the session after the change, with its pending wait (the state machine that waits for it).
        Raises: NotFound, StaleEpoch (the session has moved to another slot meanwhile), IllegalTransition (the report
        that asked for the change is late, or is about an earlier page).
        """

    def store_wait(self, session_id: str, wait: PendingWait) -> Session:
        """Records that a state machine waits for the session, unless another execution has adopted the session.

        The first wait adopts it. Returns the session after the write.
        Raises: NotFound, SessionAlreadyAdopted.
        """

    def join(self, session_id: str, connection_id: str, epoch: int, resume_join: int | None) -> Joined:
        """Records that a browser page, connected as `connection_id`, now shows this session.

        Raises the join number (the count of pages that have shown the session) by 1, unless the page resumes, which it
        does by giving the current join number as `resume_join`.
        Raises: NotFound, SessionHasEnded, StaleEpoch (the session has moved to another slot meanwhile).
        """

    def record_eta(self, session_id: str, eta: Eta) -> bool:
        """Stores the forecast that the viewer is shown now. The first one is kept, to compare the true wait with it.

        Returns whether the session still waits in line. The version of its row is not raised.
        """

    def forget_connection(self, session_id: str, connection_id: str, now: float) -> bool:
        """Records that the session's page disconnected, if the session's page is still the one with `connection_id`.

        Returns whether it was.
        """


class LiveSessions(Protocol):
    """The sessions that the reaper (the repair job) must look at."""

    def list_ids(self, limit: int) -> Sequence[str]:
        """Sessions that have not ended, nearest deadline first. Read from an index, so the list may be outdated."""


class Claims(Protocol):
    """Writes that give a slot to a session or take it back, changing the slot and the session together."""

    def free_page(self, pool_id: str, application_id: str, shard: int, start: str, limit: int) -> Sequence[FreeSlot]:
        """Up to `limit` of the application's free-slot entries in the shard, from slot id `start` on.

        When the shard has none from there on, the page begins at the shard's first entry.
        """

    def claim(self, free: FreeSlot, session: Session, sessions_per_viewer: int, quotas: Quotas | None = None) -> Taken:
        """Gives the free slot to a new session, in one transaction.

        Slot Free -> Reserved (epoch + 1), its free-slot entry deleted, the Assigned session written, the viewer's
        counter raised, the client token used. The slot must run the session's application.
        `session` already contains the assignment. Repeated with the same session id, the call returns the stored
        session.
        `quotas`: the session also takes one unit each of its viewer's day, its tenant and the account; None: only the
        viewer's counter is raised. The returned session names the shards from which the units were taken.
        Raises: SlotLost, ViewerLimitReached, DuplicateLaunch, QuotaExceeded.
        """

    def check_viewer(self, session: Session, sessions_per_viewer: int) -> None:
        """Raises what `claim` and `enqueue` would raise because of the viewer; writes nothing.

        Raises: ViewerLimitReached, DuplicateLaunch.
        """

    def enqueue(self, session: Session, sessions_per_viewer: int, quotas: Quotas | None = None) -> Session:
        """Writes a Queued session and its place in line; raises counters and uses the client token as `claim` does.

        Raises: ViewerLimitReached, DuplicateLaunch, QuotaExceeded.
        """

    def migrate(self, session: Session, moving: Moving, deadline_at: float) -> Session:
        """Session Assigned, Connected or Disconnected -> Migrating.

        The session gets a place in line by the order of its first request, and keeps its slot until it gets another
        one. Returns the session after it, with its pending wait (the state machine that waits for it).
        Raises: NotFound, StaleEpoch (the session has another slot by now), IllegalTransition (it is moving or ending
        already).
        """

    def hand_over(
        self, ticket: LineTicket, slot: Slot | FreeSlot, session: Session, left: LeftSlot | None = None
    ) -> Taken:
        """Gives a slot to a session in line.

        Slot Free or Resetting -> Reserved, session Queued or Migrating -> Assigned, its place in line deleted.
        `session` is the row to write: Assigned, with its deadline and its assignment (whose epoch is the slot's next).
        `left`: the slot that a Migrating session gives up. It becomes Resetting while its instance takes sessions, else
        Retired.
        Returns the session after it, with its pending wait (the state machine that waits for it).
        Raises: SlotLost (the slot was taken, it runs another application, or its instance takes no more sessions),
        SessionHasEnded (the session no longer waits).
        """

    def publish(self, slot: Slot, now: float, enough: Callable[[], int] | None = None) -> bool:
        """Slot Resetting -> Free, with its free-slot entry written, while its instance takes sessions.

        Returns whether the pool now has exactly one free slot more than `enough()`, which is called after the write.
        Raises: SlotLost (the slot is not Resetting at this epoch any more, or its instance takes no more sessions).
        """

    def release(self, session: Session, now: float) -> Session:
        """Gives back everything that an Ending session holds, in one transaction.

        Its slot (if the session still has it) -> Resetting, session -> Ended or Failed, the viewer's counter lowered,
        its quota units given back to their shards, and its GPU time added to its days. Idempotent: a session that has
        ended is returned as it is.
        Raises: IllegalTransition (the session is not Ending yet).
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
