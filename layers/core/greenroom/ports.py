"""What the use cases need from the world, one Protocol per role: on AWS in `aws/`, in memory in the lab.

Every write is conditional and says in its docstring what it is conditional on; a lost condition raises a domain error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from random import Random
from typing import Any, Protocol, TypeVar

from greenroom.domain.events import Event
from greenroom.domain.journal.entry import Entry
from greenroom.domain.pool.pool import Application, Pool
from greenroom.domain.quota.quota import Quotas
from greenroom.domain.session.eta import Eta
from greenroom.domain.session.session import LeftSlot, Moving, Session, SessionMove
from greenroom.domain.slot.slot import FreeSlot, Slot
from greenroom.domain.slot.slot_move import SlotMove
from greenroom.domain.socket.connection import AgentConnection, Connection, Ticket
from greenroom.event_ports import AccountFacts, ScheduledEvents, Schedules
from greenroom.fleet_ports import Ec2, Fleet, Launches, LiveSessions, Offerings, Orphans, Pools
from greenroom.quota_ports import QuotaCounters, QuotaSettings

R = TypeVar("R")

# -- sessions


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
class LineTicket:
    """A place in line: pools are served in the order of (order_at, session_id)."""

    pool_id: str
    session_id: str
    order_at: float
    not_before: float | None = None
    application_id: str = field(default="", compare=False)  # asked for; the place is the same without it


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


class Line(Protocol):
    """The sessions of a pool that wait for a slot, by their order. Reads are consistent."""

    def head(self, pool_id: str, now: float = inf, application_id: str | None = None) -> LineTicket | None:
        """The first one that may be served now; who waits for an event to begin is passed over until then.

        `application_id`: the first who asked for it. A pool that was given away has a line of both for a while.
        """

    def held_back(self, pool_id: str, now: float) -> Sequence[LineTicket]:
        """Those who wait for an event to begin, in order."""

    def hold(self, session: Session, not_before: float | None, deadline_at: float) -> bool:
        """Serve it from then on only (None: now); False if it waits no longer, or was held otherwise meanwhile."""

    def place_of(self, session: Session) -> int:
        """1 = next."""

    def nearest(self, pool_id: str, most: int) -> Sequence[LineTicket]:
        """The first `most` of the line, in order."""

    def length(self, pool_id: str) -> int:
        """How many wait."""

    def remove(self, ticket: LineTicket) -> None:
        """Unless its session waits (again): a place given up by an earlier reading may be the place of a later move."""


# -- slots changing hands: each method is one transaction


@dataclass(frozen=True, slots=True)
class Taken:
    """A session that got a slot, its stored wait included.

    `free`: about how many slots of the pool are free now; None when the slot was never free, so that the count stays.
    """

    session: Session
    free: int | None


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


class Slots(Protocol):
    """Slot rows. What may happen to a slot is said in `domain/slot/slot_move.py`, and made in one place of a store.

    A move that begins or ends a free slot writes or removes its free entry in the same step, and is counted after.
    """

    def get(self, slot_id: str) -> Slot:
        """Raises: NotFound."""

    def list_of_instance(self, instance_id: str) -> Sequence[Slot]:
        """All slots of the instance, by number; a consistent read."""

    def move(self, slot: Slot, move: SlotMove) -> None:
        """Make it, if the slot is as the move wants it. `slot`: as it was read. Raises: SlotLost (it is not)."""

    def start_streaming(self, slot_id: str, session_id: str, epoch: int, now: float) -> None:
        """Reserved -> Streaming while this session holds it at this epoch; once is enough.

        A slot retired under its session stays Retired: its session plays on. Raises: StaleEpoch.
        """

    def extend_lease(self, slot_id: str, session_id: str, epoch: int, lease_until: float) -> None:
        """Never shortens. Raises: StaleEpoch (not this session's slot any more)."""


class ReaperLease(Protocol):
    """The row that says whether a reaper is at work."""

    def is_held(self, now: float) -> bool: ...

    def take(self, owner: str, now: float, until: float) -> bool:
        """Take or renew it; False while another owner holds it."""

    def give_up(self, owner: str) -> None:
        """Only one's own."""

    def last_noted(self, what: str, now: float) -> float | None:
        """When a pass last noted this, None if none did in a day; noted now."""


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


# -- the Viewer socket


class Tickets(Protocol):
    """Single-use socket tickets, stored under the hash of the secret."""

    def store(self, ticket_hash: str, ticket: Ticket) -> None: ...

    def redeem(self, ticket_hash: str, now: float) -> Ticket:
        """Use it up. Raises: TicketRefused (unknown, used, or past its time)."""


class Connections(Protocol):
    """Who is on the Viewer socket."""

    def store(self, connection: Connection) -> None:
        """A page's or an agent's connection; an agent's also becomes the one its instance is reached by."""

    def get(self, connection_id: str) -> Connection:
        """Raises: NotFound."""

    def renew_epoch(self, connection_id: str, epoch: int) -> None:
        """The page said hello again after its session changed slots. Only while the row exists."""

    def of_agent(self, instance_id: str) -> AgentConnection | None: ...

    def drop(self, connection_id: str) -> None:
        """The row goes; the agent's pointer only if it still names this connection."""


class Socket(Protocol):
    """Sending to an open connection."""

    def post(self, connection_id: str, frame: Mapping[str, Any]) -> None:
        """Raises: ConnectionGone."""

    def close(self, connection_id: str) -> None:
        """Idempotent: a connection that is gone already is fine."""


class RelaySecret(Protocol):
    """What this stack and its TURN server both know."""

    def current(self, now: float) -> str:
        """Five minutes old at most. Raises: RelaySecretUnavailable."""


# -- everyone else


class TaskTokens(Protocol):
    """Machines that wait."""

    def succeed(self, task_token: str, output: Mapping[str, Any]) -> None:
        """Raises: TaskGone."""


class Bus(Protocol):
    """Announcements. Hints only: the reaper guarantees the result."""

    def send(self, *events: Event) -> None:
        """One call for all, ten at most."""


class Metrics(Protocol):
    """Numbers for dashboards and alarms."""

    def eta_judged(self, pool_id: str, wait_s: float, within: bool) -> None:
        """A wait is over: how long it was, and whether within the p90 its viewer was shown first."""


@dataclass(frozen=True, slots=True)
class JournalRow:
    """One decision as it was written down; `at` is ISO 8601."""

    at: str
    kind: str
    facts: Mapping[str, Any]


class Journal(Protocol):
    """Append-only audit: an entry is one row under each of its entities."""

    def append(self, entry: Entry, now: float) -> None: ...

    def newest(self, entity: str, limit: int) -> Sequence[JournalRow]:
        """The last `limit` rows of an entity (like `pool_entity(…)`), newest first."""


# -- all of them


class Ports(Protocol):
    """What a use case may reach. Built lazily: a function touches only what its settings (and its role) name.

    Time, ids, secrets and randomness come from here too, so that use cases stay repeatable in tests.
    """

    @property
    def sessions(self) -> Sessions: ...
    @property
    def line(self) -> Line: ...
    @property
    def claims(self) -> Claims: ...
    @property
    def slots(self) -> Slots: ...
    @property
    def catalog(self) -> Catalog: ...
    @property
    def reaper(self) -> ReaperLease: ...
    @property
    def tickets(self) -> Tickets: ...
    @property
    def connections(self) -> Connections: ...
    @property
    def socket(self) -> Socket: ...
    @property
    def tasks(self) -> TaskTokens: ...
    @property
    def bus(self) -> Bus: ...
    @property
    def journal(self) -> Journal: ...
    @property
    def metrics(self) -> Metrics: ...
    @property
    def fleet(self) -> Fleet: ...
    @property
    def pools(self) -> Pools: ...
    @property
    def launches(self) -> Launches: ...
    @property
    def offerings(self) -> Offerings: ...
    @property
    def ec2(self) -> Ec2: ...
    @property
    def orphans(self) -> Orphans: ...
    @property
    def live_sessions(self) -> LiveSessions: ...
    @property
    def events(self) -> ScheduledEvents: ...
    @property
    def schedules(self) -> Schedules: ...
    @property
    def account(self) -> AccountFacts: ...
    @property
    def quotas(self) -> QuotaSettings: ...
    @property
    def quota_counters(self) -> QuotaCounters: ...
    @property
    def ice_servers(self) -> tuple[Any, ...]: ...
    @property
    def turn_urls(self) -> tuple[str, ...]: ...
    @property
    def relay_secret(self) -> RelaySecret: ...
    @property
    def dice(self) -> Random: ...
    def now(self) -> float: ...
    def new_id(self, prefix: str) -> str: ...
    def new_secret(self) -> str: ...

    def side_by_side(self, works: Sequence[Callable[[], R]]) -> list[R]:
        """What each answered, in order; several at a time where they wait for the network."""
