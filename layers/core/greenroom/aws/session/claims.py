"""Gives slots to sessions and takes them back, in DynamoDB. Each change is one TransactWriteItems over both tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from greenroom.aws.session.launch_entry import enter
from greenroom.aws.session.quota_counters import given_back
from greenroom.aws.session.session_rows import (
    line_key,
    place_key,
    place_key_of,
    place_row,
    session_key,
    session_of,
    viewer_key,
)
from greenroom.aws.slot.slot_moves import count_moves, items_of, transact_or_lost
from greenroom.aws.slot.slot_rows import free_key, free_of, instance_key, slot_key, slot_of
from greenroom.aws.table.codec import encoded
from greenroom.aws.table.rows import query, read
from greenroom.aws.table.transaction import Refused, transact
from greenroom.aws.table.write import Write, put
from greenroom.domain.anew import anew, unchanged
from greenroom.domain.errors import (
    Conflict,
    DuplicateLaunch,
    IllegalTransition,
    NotFound,
    SessionHasEnded,
    SlotLost,
    StaleEpoch,
    ViewerLimitReached,
)
from greenroom.domain.quota.quota import Quotas
from greenroom.domain.session.session import (
    TERMINAL_STATES,
    LeftSlot,
    Moving,
    Session,
    SessionState,
    SlotAssignment,
    StatusReason,
    epoch_of,
    final_state,
    migrating,
    sources_of,
    taker_of,
)
from greenroom.domain.slot import slot_move
from greenroom.domain.slot.slot import FIRST_SLOT, FreeSlot, Slot
from greenroom.ports.session import Taken

if TYPE_CHECKING:
    from greenroom.ports.line import LineTicket

LEFT_CHANGES = 3
"""How often a hand-over is tried again because the slot that the session leaves changed after it was read."""
RELEASES = 4
"""How often a release is tried again because the slot or a counter changed after it was read."""


class DynamoClaims:
    """ports.Claims."""

    def __init__(self, sessions_table: str, fleet_table: str) -> None:
        self._sessions, self._fleet = sessions_table, fleet_table

    def free_page(self, pool_id: str, application_id: str, shard: int, start: str, limit: int) -> Sequence[FreeSlot]:
        pk = free_key(pool_id, application_id, shard)
        rows = query(self._fleet, pk, limit=limit, at_least=start)
        if not rows and start != FIRST_SLOT:  # nothing follows: from the beginning
            rows = query(self._fleet, pk, limit=limit)
        return [free_of(row) for row in rows]

    def claim(self, free: FreeSlot, session: Session, sessions_per_viewer: int, quotas: Quotas | None = None) -> Taken:
        move = slot_move.claim(free, taker_of(session))
        entered = enter(self._sessions, session, sessions_per_viewer, quotas, items_of(self._fleet, free, move))
        if entered is None:
            raise SlotLost(free.slot_id)
        return Taken(entered, count_moves(self._fleet, free.pool_id, [move]))

    def enqueue(self, session: Session, sessions_per_viewer: int, quotas: Quotas | None = None) -> Session:
        entered = enter(self._sessions, session, sessions_per_viewer, quotas, [put(self._sessions, place_row(session))])
        if entered is None:
            raise Conflict("session", session.session_id)
        return entered

    def check_viewer(self, session: Session, sessions_per_viewer: int) -> None:
        viewer = viewer_key(session.viewer_id)
        token = read(self._sessions, viewer, f"CLIENTTOKEN#{session.client_token}")
        if token:
            raise DuplicateLaunch(token["sessionId"])
        count = read(self._sessions, viewer, "COUNTER")
        if count.get("live", 0) >= sessions_per_viewer:
            raise ViewerLimitReached(min(count.get("sessionIds", {""})))

    # -- from one slot to another

    def migrate(self, session: Session, moving: Moving, deadline_at: float) -> Session:
        row = self._session(session).when_exists()
        row.when_in("state", sources_of(SessionState.MIGRATING)).when_equal("assignment.epoch", epoch_of(session))
        row.set("state", SessionState.MIGRATING.value).count("version").count("migrations")
        row.set("moving", encoded(moving)).set("deadlineAt", deadline_at)
        row.set_once(f"transitions.{SessionState.MIGRATING}", moving.since)
        try:
            transact([row.as_update(), put(self._sessions, place_row(session))])
        except Refused as refused:
            raise self._why_it_stays(session, moving, deadline_at) from refused
        return self._read(session.session_id)

    def _why_it_stays(self, session: Session, moving: Moving, deadline_at: float) -> Exception:
        current = self._read(session.session_id)
        if epoch_of(current) != epoch_of(session):
            return StaleEpoch("session", session.session_id)
        try:
            migrating(current, moving, deadline_at)
        except IllegalTransition as meant:
            return meant
        return Conflict("session", session.session_id)

    def hand_over(
        self, ticket: LineTicket, slot: Slot | FreeSlot, session: Session, left: LeftSlot | None = None
    ) -> Taken:
        move = slot_move.hand_over(slot, taker_of(session))
        place = Write(self._sessions, line_key(ticket.pool_id), place_key(ticket.order_at, ticket.session_id))
        items = [self._assigned(session, left), self._claimable(slot.instance_id), *items_of(self._fleet, slot, move)]
        items.append(place.as_delete())

        def write(given_up: Sequence[dict[str, Any]]) -> None:
            try:
                transact([*items, *given_up])
            except Refused as refused:
                if refused.failed(0):
                    raise SessionHasEnded(ticket.session_id) from refused
                if refused.failed(1) or refused.failed(2):
                    raise SlotLost(slot.slot_id) from refused
                raise

        def decide() -> Callable[[], None]:
            given_up = self._given_up(session, left)
            return lambda: write(given_up)

        anew(decide, lost=Refused, at_last=SlotLost(slot.slot_id), attempts=LEFT_CHANGES)
        # A transaction returns no rows. A wait stored before it is seen here; one stored later sees the slot itself.
        after = self._read(ticket.session_id)
        return Taken(after, count_moves(self._fleet, slot.pool_id, [move]))

    def _assigned(self, session: Session, left: LeftSlot | None) -> dict[str, Any]:
        """The condition that the session still waits as read. It may have got and lost another slot since."""
        row = self._session(session)
        row.when_equal("state", (SessionState.MIGRATING if left else SessionState.QUEUED).value)
        row.when_equal("assignment.epoch", left.assignment.epoch if left else None)
        row.set("state", session.state.value).count("version")
        row.set("deadlineAt", session.deadline_at).set("leaseUntil", session.lease_until)
        row.set_once(f"transitions.{session.state}", session.transitions[session.state])
        return row.set("assignment", encoded(session.assignment)).as_update()

    def _given_up(self, session: Session, left: LeftSlot | None) -> list[dict[str, Any]]:
        """The items that give up the slot which the session leaves. None if the slot is no longer the session's."""
        from greenroom.domain.instance.instance import CLAIMABLE_STATES  # not for a first claim

        slot = self._held(session, left.assignment) if left else None
        if slot is None or left is None:
            return []
        serves = read(self._fleet, instance_key(slot.instance_id), "META").get("state") in CLAIMABLE_STATES
        again_s = session.limits.reset_timeout_s if serves else None
        now = session.transitions[session.state]
        return items_of(self._fleet, slot, slot_move.give_up(slot, now, left.lingers_until, again_s))

    # -- a slot for all

    def publish(self, slot: Slot, now: float, enough: Callable[[], int] | None = None) -> bool:
        move = slot_move.publish(slot, now)
        transact_or_lost(slot.slot_id, [*items_of(self._fleet, slot, move), self._claimable(slot.instance_id)])
        limit = enough() if enough else None
        free = count_moves(self._fleet, slot.pool_id, [move])
        return limit is not None and free == limit + 1

    # -- the end

    def release(self, session: Session, now: float) -> Session:
        session_id = session.session_id
        return anew(
            lambda: self._release(session_id, now),
            lost=Refused,
            at_last=Conflict("session", session_id),
            attempts=RELEASES,
        )

    def _release(self, session_id: str, now: float) -> Callable[[], Session]:
        """The release of everything that is still the session's, found by reading each part. The rest is left alone."""
        session = self._read(session_id)
        if session.state in TERMINAL_STATES:
            return unchanged(session)
        if session.state is not SessionState.ENDING:
            raise IllegalTransition(f"session {session_id}: {session.state} is not ending")
        place = Write(self._sessions, line_key(session.pool_id), place_key_of(session))
        items = [self._over(session, now), place.as_delete()]
        items += [*self._uncounted(session), *self._given_back(session, now)]
        items += given_back(self._sessions, session, now)

        def give_back() -> Session:
            transact(items)
            return self._read(session_id)

        return give_back

    def _over(self, session: Session, now: float) -> dict[str, Any]:
        to = final_state(session.status_reason or StatusReason.INTERNAL_ERROR)
        write = self._session(session).when_equal("state", SessionState.ENDING.value)
        write.set("state", to.value).count("version").set_once(f"transitions.{to}", now).set("counted", False)
        return write.remove("liveShard", "awaits", "taskToken").as_update()

    def _uncounted(self, session: Session) -> list[dict[str, Any]]:
        viewer = viewer_key(session.viewer_id)
        if session.session_id not in read(self._sessions, viewer, "COUNTER").get("sessionIds", ()):
            return []
        write = Write(self._sessions, viewer, "COUNTER").count("live", -1).take_out("sessionIds", session.session_id)
        write.when(f"contains({write.name('sessionIds')}, {write.value(session.session_id)})")
        return [write.as_update()]

    def _given_back(self, session: Session, now: float) -> list[dict[str, Any]]:
        slot = self._held(session, session.assignment) if session.assignment else None
        if slot is None:
            return []
        return items_of(self._fleet, slot, slot_move.release(slot, now, now + session.limits.reset_timeout_s))

    # -- pieces

    def _held(self, session: Session, assignment: SlotAssignment) -> Slot | None:
        """The slot, or None if it is no longer the session's."""
        row = read(self._fleet, *slot_key(assignment.slot_id))
        if not row or (row.get("sessionId"), row["epoch"]) != (session.session_id, assignment.epoch):
            return None
        return slot_of(row)

    def _read(self, session_id: str) -> Session:
        row = read(self._sessions, session_key(session_id), "META")
        if not row:
            raise NotFound("session", session_id)
        return session_of(row)

    def _session(self, session: Session) -> Write:
        return Write(self._sessions, session_key(session.session_id), "META")

    def _claimable(self, instance_id: str) -> dict[str, Any]:
        from greenroom.domain.instance.instance import CLAIMABLE_STATES  # not for a first claim

        return Write(self._fleet, instance_key(instance_id), "META").when_in("state", CLAIMABLE_STATES).as_check()
