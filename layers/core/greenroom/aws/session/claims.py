"""Slots changing hands in DynamoDB: every method is one TransactWriteItems over sessions and fleet."""

from __future__ import annotations

from collections.abc import Sequence

from greenroom.aws.quota.quota_units import Units
from greenroom.aws.session.migrations import given_up, migrate, place_row
from greenroom.aws.session.release import release
from greenroom.aws.session.session_rows import (
    line_key,
    place_key,
    session_key,
    session_of,
    session_row,
    viewer_key,
)
from greenroom.aws.slot.slot_rows import free_key, free_of, free_row, instance_key, slot_key
from greenroom.aws.table.codec import encoded
from greenroom.aws.table.rows import query, read
from greenroom.aws.table.transaction import Refused, transact
from greenroom.aws.table.write import Write, put
from greenroom.domain.errors import Conflict, DuplicateLaunch, SessionHasEnded, SlotLost, ViewerLimitReached
from greenroom.domain.instance.instance import CLAIMABLE_STATES
from greenroom.domain.quota.quota import Quotas
from greenroom.domain.session.session import LeftSlot, Moving, Session, SessionState, epoch_of
from greenroom.domain.slot.slot import FIRST_SLOT, FreeSlot, Slot, SlotState
from greenroom.ports import LineTicket

CLIENT_TOKEN_KEPT_S = 24 * 3600
"""How long a repeated client token is recognised."""
LEFT_CHANGES = 3
"""How often the slot that a session leaves may change between being read and being written."""


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

    def claim(
        self, free: FreeSlot, session: Session, sessions_per_viewer: int, quotas: Quotas | None = None
    ) -> Session:
        slot = self._take(free, session, frozenset({SlotState.FREE})).as_update()
        entered = self._commit(session, sessions_per_viewer, quotas, [slot, self._no_longer_free(free)])
        if entered is None:
            raise SlotLost(free.slot_id)
        return entered

    def enqueue(self, session: Session, sessions_per_viewer: int, quotas: Quotas | None = None) -> Session:
        entered = self._commit(session, sessions_per_viewer, quotas, [put(self._sessions, place_row(session))])
        if entered is None:
            raise Conflict(session.session_id)
        return entered

    def check_viewer(self, session: Session, sessions_per_viewer: int) -> None:
        viewer = viewer_key(session.viewer_id)
        token = read(self._sessions, viewer, f"CLIENTTOKEN#{session.client_token}")
        if token:
            raise DuplicateLaunch(token["sessionId"])
        count = read(self._sessions, viewer, "COUNTER")
        if count.get("live", 0) >= sessions_per_viewer:
            raise ViewerLimitReached(min(count.get("sessionIds", {""})))

    def migrate(self, session: Session, moving: Moving, deadline_at: float) -> Session:
        return migrate(self._sessions, session, moving, deadline_at)

    def hand_over(
        self, ticket: LineTicket, slot: Slot | FreeSlot, session: Session, left: LeftSlot | None = None
    ) -> Session:
        place = Write(self._sessions, line_key(ticket.pool_id), place_key(ticket.order_at, ticket.session_id))
        taken = self._take(slot, session, frozenset({SlotState.FREE, SlotState.RESETTING}))
        writes = [self._assigned(session, left), taken.as_update(), self._claimable(slot.instance_id)]
        gone = [place.as_delete(), self._no_longer_free(slot)]
        for _ in range(LEFT_CHANGES):
            try:
                transact([*writes, *gone, *given_up(self._fleet, session, left)])
                break
            except Refused as refused:
                if refused.failed(0):
                    raise SessionHasEnded(ticket.session_id) from refused
                if refused.failed(1) or refused.failed(2):
                    raise SlotLost(slot.slot_id) from refused
        else:
            raise SlotLost(slot.slot_id)
        # A transaction returns no rows. A wait stored before it is seen here; one stored later sees the slot itself.
        return session_of(read(self._sessions, session_key(ticket.session_id), "META"))

    def publish(self, slot: Slot, now: float) -> None:
        freed = self._held(slot, {SlotState.RESETTING}, SlotState.FREE, now).remove("deadlineAt").as_update()
        self._or_lost(slot, [freed, put(self._fleet, free_row(slot)), self._claimable(slot.instance_id)])

    def withdraw(self, slot: Slot, now: float, deadline_at: float) -> None:
        back = self._held(slot, {SlotState.FREE}, SlotState.RESETTING, now).set("deadlineAt", deadline_at)
        self._or_lost(slot, [back.as_update(), self._no_longer_free(slot)])

    def retire(self, slot: Slot, now: float) -> None:
        retired = self._held(slot, {SlotState.FREE, SlotState.RESETTING}, SlotState.RETIRED, now).remove("deadlineAt")
        self._or_lost(slot, [retired.as_update(), self._no_longer_free(slot)])

    def release(self, session: Session, now: float) -> Session:
        return release(self._sessions, self._fleet, session.session_id, now)

    def _commit(
        self, session: Session, limit: int, quotas: Quotas | None, others: list[dict[str, object]]
    ) -> Session | None:
        """The session as it stands then; None when only one of `others` was refused.

        Raises: DuplicateLaunch, ViewerLimitReached, QuotaExceeded.
        """
        units = Units(self._sessions, session, quotas)
        while True:
            entering = units.session()
            entered = self._enter(entering, limit)
            try:
                transact([*entered, *units.items(), *others])
                return entering
            except Refused as refused:
                standing = self._standing(refused, session)
                if standing is not None or not units.moved_on(refused, len(entered)):
                    return standing

    def _enter(self, session: Session, limit: int) -> list[dict[str, object]]:
        """Items 0..2 of every launch: the session, its viewer's count, its client token."""
        viewer = viewer_key(session.viewer_id)
        count = Write(self._sessions, viewer, "COUNTER").count("live").put_in("sessionIds", session.session_id)
        live = count.name("live")
        count.when(f"attribute_not_exists({live}) OR {live} < {count.value(limit)}")
        token = {
            "pk": viewer,
            "sk": f"CLIENTTOKEN#{session.client_token}",
            "sessionId": session.session_id,
            "applicationId": session.application_id,
            "expiresAt": int(session.requested_at) + CLIENT_TOKEN_KEPT_S,
        }
        absent = "attribute_not_exists(pk)"
        row = put(self._sessions, session_row(session), absent)
        return [row, count.as_update(), put(self._sessions, token, absent)]

    def _assigned(self, session: Session, left: LeftSlot | None) -> dict[str, object]:
        """Only while it waits as it was read: a Migrating one may have got, and lost, another slot since."""
        row = Write(self._sessions, session_key(session.session_id), "META")
        row.when_equal("state", (SessionState.MIGRATING if left else SessionState.QUEUED).value)
        row.when_equal("assignment.epoch", left.assignment.epoch if left else None)
        row.set("state", session.state.value).count("version")
        row.set("deadlineAt", session.deadline_at).set("leaseUntil", session.lease_until)
        row.set_once(f"transitions.{session.state}", session.transitions[session.state])
        return row.set("assignment", encoded(session.assignment)).as_update()

    def _standing(self, refused: Refused, session: Session) -> Session | None:
        """The row when this very launch was committed before (its reply was lost); None when only the slot was lost.

        Raises: DuplicateLaunch, ViewerLimitReached.
        """
        if refused.failed(0):
            return session_of(read(self._sessions, session_key(session.session_id), "META"))
        viewer = viewer_key(session.viewer_id)
        if refused.failed(2):
            token = refused.rows[2] or read(self._sessions, viewer, f"CLIENTTOKEN#{session.client_token}")
            raise DuplicateLaunch(token["sessionId"]) from refused
        if refused.failed(1):
            count = refused.rows[1] or read(self._sessions, viewer, "COUNTER")
            raise ViewerLimitReached(min(count.get("sessionIds", {""}))) from refused
        return None

    def _take(self, slot: Slot | FreeSlot, session: Session, sources: frozenset[SlotState]) -> Write:
        write = Write(self._fleet, *slot_key(slot.slot_id)).when_in("state", sources).when_equal("epoch", slot.epoch)
        write.when_equal("applicationId", session.application_id)
        write.set("state", SlotState.RESERVED.value).set("epoch", epoch_of(session))
        write.set("sessionId", session.session_id).set("viewerId", session.viewer_id)
        taken_at = session.transitions[session.state]
        write.set("leaseUntil", session.lease_until).set("changedAt", taken_at).set("takenAt", taken_at)
        return write.remove("deadlineAt")

    def _held(self, slot: Slot, sources: set[SlotState], to: SlotState, now: float) -> Write:
        write = Write(self._fleet, *slot_key(slot.slot_id)).when_in("state", sources).when_equal("epoch", slot.epoch)
        return write.set("state", to.value).set("changedAt", now)

    def _no_longer_free(self, slot: Slot | FreeSlot) -> dict[str, object]:
        return Write(self._fleet, free_key(slot.pool_id, slot.application_id, slot.shard), slot.slot_id).as_delete()

    def _claimable(self, instance_id: str) -> dict[str, object]:
        return Write(self._fleet, instance_key(instance_id), "META").when_in("state", CLAIMABLE_STATES).as_check()

    def _or_lost(self, slot: Slot, items: list[dict[str, object]]) -> None:
        try:
            transact(items)
        except Refused as refused:
            raise SlotLost(slot.slot_id) from refused
