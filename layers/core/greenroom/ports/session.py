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
    """A state machine's wait for a session: what it waits for (`slot`, `connection` or `end`), and its task token."""

    awaits: str
    task_token: str
    execution_arn: str | None = None  # given at the first wait, which adopts the session; later waits may omit it


@dataclass(frozen=True, slots=True)
class Joined:
    """What `join` returns after a page began to show a session: the session, and which connection was superseded.

    `superseded_connection_id`: the connection of the page that showed the session before. None when no page showed the
    session before, or when the same page did.
    """

    session: Session
    superseded_connection_id: str | None


@dataclass(frozen=True, slots=True)
class Taken:
    """A session that got a slot, with its pending wait (the task token of the state machine that waits for it).

    `free`: about how many slots of the pool are free now; None when the session got a slot that was never free, so that
    the count is unchanged.
    """

    session: Session
    free: int | None


class Sessions(Protocol):
    """The rows of sessions. Reads are consistent, except the list of a viewer's sessions."""

    def get(self, session_id: str) -> Session:
        """Reads the session. Raises: NotFound (no session has this id)."""

    def list_of_viewer(self, viewer_id: str, limit: int) -> Sequence[Session]:
        """Lists the viewer's sessions, newest first. The list comes from an index, so it may be outdated."""

    def move(self, session_id: str, move: SessionMove) -> Session:
        """Changes the session's state, if its state, epoch and join number are as `move` requires.

        The epoch is the fencing number of the session's slot, raised at each claim. The join number counts the pages
        that have shown the session.
        Returns the session after the change, with its pending wait (the task token of the state machine that waits for
        it).
        Raises: NotFound, StaleEpoch (the session has moved to another slot meanwhile), IllegalTransition (the report
        that asked for the change is late, or is about an earlier page).
        """

    def store_wait(self, session_id: str, wait: PendingWait) -> Session:
        """Records that a state machine waits for the session, unless another execution has adopted the session.

        The first wait adopts the session: from then on, only that execution drives it. Returns the session after the
        write.
        Raises: NotFound, SessionAlreadyAdopted.
        """

    def join(self, session_id: str, connection_id: str, epoch: int, resume_join: int | None) -> Joined:
        """Records that a browser page, connected as `connection_id`, now shows this session.

        Increments the join number (the count of pages that have shown the session). A page that only resumes after a
        lost connection gives the present join number as `resume_join`; the join number is not incremented then.
        Raises: NotFound, SessionHasEnded, StaleEpoch (the session has moved to another slot meanwhile).
        """

    def record_eta(self, session_id: str, eta: Eta) -> bool:
        """Stores the forecast that the viewer is shown now. The session's first forecast is kept beside the newest.

        After the wait, the first forecast is compared with the true wait. The version of the session's row is not
        raised.
        Returns whether the session still waits in line.
        """

    def forget_connection(self, session_id: str, connection_id: str, now: float) -> bool:
        """Records that the session's page disconnected, if the session is still shown by the page with `connection_id`.

        Returns whether that page still showed the session.
        """


class LiveSessions(Protocol):
    """The sessions that the reaper (the repair job) must look at: all that have not ended."""

    def list_ids(self, limit: int) -> Sequence[str]:
        """Lists the ids of sessions that have not ended, nearest deadline first, at most `limit` of them.

        The list comes from an index, so it may be outdated.
        """


class Claims(Protocol):
    """Writes that give a slot to a session or take a slot back, changing the slot and the session together."""

    def free_page(self, pool_id: str, application_id: str, shard: int, start: str, limit: int) -> Sequence[FreeSlot]:
        """Reads some of the application's free-slot entries in one shard (partition) of the pool, `limit` at most.

        A free-slot entry is the row by which a claim finds a free slot. The page begins at the slot id `start`; when
        the shard has no entries from there on, the page begins at the shard's first entry.
        """

    def claim(self, free: FreeSlot, session: Session, sessions_per_viewer: int, quotas: Quotas | None = None) -> Taken:
        """Gives the free slot to a new session, in one transaction, and returns the session as stored.

        The slot changes from Free to Reserved, its epoch (fencing number) rises by 1, and its free-slot entry is
        deleted. The Assigned session is written, the viewer's counter is raised, and the client token (the caller's own
        id for the request) is used up. The slot must run the session's application.
        `session` already contains the assignment. A repeated call with the same session id returns the stored session.
        `quotas`: the session also takes one unit each of its viewer's day, its tenant and the account; None: only the
        viewer's counter is raised. The returned session names the shards (rows of a counter) from which the units were
        taken.
        Raises: SlotLost, ViewerLimitReached, DuplicateLaunch, QuotaExceeded.
        """

    def check_viewer(self, session: Session, sessions_per_viewer: int) -> None:
        """Checks whether `claim` and `enqueue` would refuse the session because of its viewer; writes nothing.

        Raises: ViewerLimitReached, DuplicateLaunch.
        """

    def enqueue(self, session: Session, sessions_per_viewer: int, quotas: Quotas | None = None) -> Session:
        """Writes a Queued session and its place in line, in one transaction.

        As in `claim`, the viewer's counter is raised, quota units are taken, and the client token (the caller's own id
        for the request) is used up.
        Raises: ViewerLimitReached, DuplicateLaunch, QuotaExceeded.
        """

    def migrate(self, session: Session, moving: Moving, deadline_at: float) -> Session:
        """Changes a session that must leave its slot to Migrating, from Assigned, Connected or Disconnected.

        The session gets a place in line by the time of its first request, and keeps its slot until it gets another
        slot. Returns the session after that, with its pending wait (the task token of the state machine that waits for
        it).
        Raises: NotFound, StaleEpoch (the session has another slot by now), IllegalTransition (it is moving or ending
        already).
        """

    def hand_over(
        self, ticket: LineTicket, slot: Slot | FreeSlot, session: Session, left: LeftSlot | None = None
    ) -> Taken:
        """Gives a slot to a session that waits in line, in one transaction.

        The slot changes from Free or Resetting to Reserved, and the session from Queued or Migrating to Assigned. The
        session's place in line is deleted.
        `session` is the row to write: Assigned, with its deadline and its assignment, which contains the slot's next
        epoch (fencing number).
        `left`: the slot that a Migrating session leaves. That slot becomes Resetting while its instance takes sessions,
        else Retired.
        Returns the session as stored, with its pending wait (the task token of the state machine that waits for it).
        Raises: SlotLost (the slot was taken, it runs another application, or its instance takes no more sessions),
        SessionHasEnded (the session no longer waits).
        """

    def publish(self, slot: Slot, now: float, enough: Callable[[], int] | None = None) -> bool:
        """Makes a Resetting slot Free and writes its free-slot entry, while the slot's instance takes sessions.

        `enough`: how many free slots the pool needs; it is called after the write. Returns whether the pool now has
        exactly one free slot more than that number.
        Raises: SlotLost (the slot is no longer Resetting, or has changed hands, or its instance takes no more
        sessions).
        """

    def release(self, session: Session, now: float) -> Session:
        """Gives back everything that an Ending session holds, in one transaction.

        If the session still has its slot, the slot becomes Resetting. The session becomes Ended or Failed, and the
        viewer's counter is lowered. The session's quota units are given back to the shards (rows of a counter) from
        which they were taken, and its GPU time is added to its days. A session that has ended already is returned
        unchanged.
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
