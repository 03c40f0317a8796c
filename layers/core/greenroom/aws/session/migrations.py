"""A session that moves: into the line with its slot still held, and out of the slot it left."""

from __future__ import annotations

from typing import Any

from greenroom.aws.session.session_rows import line_key, place_key_of, session_key, session_of
from greenroom.aws.slot.slot_rows import instance_key, slot_key
from greenroom.aws.table.codec import encoded
from greenroom.aws.table.rows import read
from greenroom.aws.table.transaction import Refused, transact
from greenroom.aws.table.write import Write, put
from greenroom.domain.errors import Conflict, IllegalTransition, NotFound, StaleEpoch
from greenroom.domain.instance.instance import CLAIMABLE_STATES
from greenroom.domain.line.line import order_of
from greenroom.domain.session.session import LeftSlot, Moving, Session, SessionState, epoch_of, migrating, sources_of
from greenroom.domain.shape import selected
from greenroom.domain.slot.slot import SlotState
from greenroom.ports import LineTicket


def migrate(sessions: str, session: Session, moving: Moving, deadline_at: float) -> Session:
    """ports.Claims.migrate."""
    row = Write(sessions, session_key(session.session_id), "META").when_exists()
    row.when_in("state", sources_of(SessionState.MIGRATING)).when_equal("assignment.epoch", epoch_of(session))
    row.set("state", SessionState.MIGRATING.value).count("version").count("migrations")
    row.set("moving", encoded(moving)).set("deadlineAt", deadline_at)
    row.set_once(f"transitions.{SessionState.MIGRATING}", moving.since)
    try:
        transact([row.as_update(), put(sessions, place_row(session))])
    except Refused as refused:
        raise _why(sessions, session, moving, deadline_at) from refused
    return session_of(read(sessions, session_key(session.session_id), "META"))


def place_row(session: Session) -> dict[str, Any]:
    """A place in line, by the order of the session's first request."""
    ticket = selected(LineTicket, session, order_at=order_of(session))
    return {"pk": line_key(session.pool_id), "sk": place_key_of(session), **encoded(ticket)}


def given_up(fleet: str, session: Session, left: LeftSlot | None) -> list[dict[str, Any]]:
    """What becomes of the slot it leaves, decided by reading it: nothing if it is no longer the session's."""
    if left is None:
        return []
    key = slot_key(left.assignment.slot_id)
    row = read(fleet, *key)
    if not row or (row.get("sessionId"), row["epoch"]) != (session.session_id, left.assignment.epoch):
        return []
    write = Write(fleet, *key).when_equal("sessionId", session.session_id).when_equal("epoch", row["epoch"])
    write.when_equal("state", row["state"]).remove("sessionId", "viewerId", "leaseUntil")
    serving = read(fleet, instance_key(left.assignment.instance_id), "META").get("state") in CLAIMABLE_STATES
    if serving and row["state"] != SlotState.RETIRED:
        resetting_until = left.lingers_until + session.limits.reset_timeout_s
        return [write.set("state", SlotState.RESETTING.value).set("deadlineAt", resetting_until).as_update()]
    return [write.set("state", SlotState.RETIRED.value).set("deadlineAt", left.lingers_until).as_update()]


def _why(sessions: str, session: Session, moving: Moving, deadline_at: float) -> Exception:
    row = read(sessions, session_key(session.session_id), "META")
    if not row:
        return NotFound(session.session_id)
    current = session_of(row)
    if epoch_of(current) != epoch_of(session):
        return StaleEpoch(session.session_id)
    try:
        migrating(current, moving, deadline_at)
    except IllegalTransition as meant:
        return meant
    return Conflict(session.session_id)
