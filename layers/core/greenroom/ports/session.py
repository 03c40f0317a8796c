"""Sessions, and slots changing hands between them."""

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
class Wait:
    """A machine's stored wait: which fact (`slot`, `connection`, `end`) the task token waits for."""

    awaits: str
    task_token: str
    execution_arn: str | None = None  # given at the adoption; later waits of the same execution need not repeat it


@dataclass(frozen=True, slots=True)
class Joined:
    """An accepted join: the session after it, and the page it replaced (None: nobody, or itself)."""

    session: Session
    superseded_connection_id: str | None


@dataclass(frozen=True, slots=True)
class Taken:
    """A session that got a slot, its stored wait included.

    `free`: about how many slots of the pool are free now; None when the slot was never free, so that the count stays.
    """

    session: Session
    free: int | None


class Sessions(Protocol):
    """Session rows. Reads are consistent, except the viewer's list."""

    def get(self, session_id: str) -> Session:
        """Raises: NotFound."""

    def list_of_viewer(self, viewer_id: str, limit: int) -> Sequence[Session]:
        """Newest first; from an index, so it may lag."""

    def move(self, session_id: str, move: SessionMove) -> Session:
        """Change the state if sources, epoch and joinNumber are as `move` says; answers the row after, with its wait.

        Raises: NotFound, StaleEpoch (another holder), IllegalTransition (a late fact; also an outdated joinNumber).
        """

    def store_wait(self, session_id: str, wait: Wait) -> Session:
        """Adopt (executionArn absent or the same) and store the wait; returns the row after.

        Raises: NotFound, SessionAlreadyAdopted.
        """

    def join(self, session_id: str, connection_id: str, epoch: int, resume_join: int | None) -> Joined:
        """Make `connection_id` the session's page; joinNumber + 1 unless `resume_join` is the current one.

        Raises: NotFound, SessionHasEnded, StaleEpoch.
        """

    def note_eta(self, session_id: str, eta: Eta) -> bool:
        """What its viewer is shown, and, once, what it was shown first; whether it waits still. The version stays."""

    def forget_connection(self, session_id: str, connection_id: str, now: float) -> bool:
        """Remove the page's connection if it is still this one, and note since when it is gone; whether it was."""


class LiveSessions(Protocol):
    """What the reaper must look at."""

    def list_ids(self, limit: int) -> Sequence[str]:
        """Sessions that are not over, nearest deadline first; from an index, so it may lag."""


class Claims(Protocol):
    """Writes that give a slot to a session, or take it back, together with the session."""

    def free_page(self, pool_id: str, application_id: str, shard: int, start: str, limit: int) -> Sequence[FreeSlot]:
        """Up to `limit` free entries of the application in the shard, slot id >= `start`; wraps when none follow."""

    def claim(self, free: FreeSlot, session: Session, sessions_per_viewer: int, quotas: Quotas | None = None) -> Taken:
        """Slot Free -> Reserved (epoch + 1), entry gone, Assigned session written, viewer counted, client token taken.

        Only a slot that runs the session's application.

        `session` holds the assignment already. Repeated for the same session id, it answers the row that stands.
        Counted for its viewer's day, its tenant and the account too, within `quotas` (None: for the viewer alone); the
        session returned names the shards that its units came from.
        Raises: SlotLost, ViewerLimitReached, DuplicateLaunch, QuotaExceeded.
        """

    def check_viewer(self, session: Session, sessions_per_viewer: int) -> None:
        """What `claim` and `enqueue` would say of its viewer; nothing is written.

        Raises: ViewerLimitReached, DuplicateLaunch.
        """

    def enqueue(self, session: Session, sessions_per_viewer: int, quotas: Quotas | None = None) -> Session:
        """Queued session and its place in line written; counted as by `claim`, client token taken.

        Raises: ViewerLimitReached, DuplicateLaunch, QuotaExceeded.
        """

    def migrate(self, session: Session, moving: Moving, deadline_at: float) -> Session:
        """Session Assigned, Connected or Disconnected -> Migrating, in line by the order of its first request.

        It keeps its slot until another one is handed over. Returns the row after, stored wait included.
        Raises: NotFound, StaleEpoch (it has another slot by now), IllegalTransition (it moves, or ends, already).
        """

    def hand_over(
        self, ticket: LineTicket, slot: Slot | FreeSlot, session: Session, left: LeftSlot | None = None
    ) -> Taken:
        """Slot Free or Resetting -> Reserved, session Queued or Migrating -> Assigned, its place in line gone.

        `session` is the row to be: Assigned, with assignment (its epoch is the slot's next) and deadline. `left`: the
        slot that a Migrating one gives up: it loses its holder; Resetting if its instance serves on, else Retired.
        Returns the row after, stored wait included.
        Raises: SlotLost (slot taken, it runs another application, or its instance takes no more sessions),
        SessionHasEnded (it waits no longer).
        """

    def publish(self, slot: Slot, now: float, enough: Callable[[], int] | None = None) -> bool:
        """Slot Resetting -> Free and its free entry written, while the instance is claimable.

        Whether it made the pool's free slots one more than `enough`, which is asked once the slot can be claimed.
        Raises: SlotLost (not Resetting at this epoch any more, or the instance takes no more sessions).
        """

    def release(self, session: Session, now: float) -> Session:
        """Give all back: slot (if still this session's) -> Resetting, session -> Ended or Failed, viewer uncounted.

        Its units go back to their shards, and the GPU time it used is added to its days.
        Idempotent: a session that is over already is answered as it stands. Raises: IllegalTransition (not Ending yet).
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
