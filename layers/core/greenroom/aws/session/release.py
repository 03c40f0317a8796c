"""The transaction that gives everything back."""

from __future__ import annotations

from typing import Any

from greenroom.aws.quota.quota_units import given_back
from greenroom.aws.session.session_rows import line_key, place_key_of, session_key, session_of, viewer_key
from greenroom.aws.slot.slot_rows import slot_key, slot_of
from greenroom.aws.table.rows import read
from greenroom.aws.table.transaction import Refused, transact
from greenroom.aws.table.write import Write
from greenroom.domain.errors import Conflict, IllegalTransition, NotFound
from greenroom.domain.session.session import TERMINAL_STATES, Session, SessionState, StatusReason, final_state
from greenroom.domain.slot.slot import SlotState

ATTEMPTS = 4
"""How often it is put together anew because slot or counter changed between reading and writing."""


def release(sessions: str, fleet: str, session_id: str, now: float) -> Session:
    """ports.Claims.release: what is still this session's is given back, what is not is left alone."""
    for _ in range(ATTEMPTS):
        row = read(sessions, session_key(session_id), "META")
        if not row:
            raise NotFound(session_id)
        session = session_of(row)
        if session.state in TERMINAL_STATES:
            return session
        if session.state is not SessionState.ENDING:
            raise IllegalTransition(f"session {session_id}: {session.state} is not ending")
        items = [_over(sessions, session, now), _left_line(sessions, session)]
        items += [*_uncounted(sessions, session), *_given_back(fleet, session, now)]
        items += given_back(sessions, session, now)
        try:
            transact(items)
        except Refused:
            continue  # each part is decided by reading; what changed since is read again
        return session_of(read(sessions, session_key(session_id), "META"))
    raise Conflict(session_id)


def _over(sessions: str, session: Session, now: float) -> dict[str, Any]:
    to = final_state(session.status_reason or StatusReason.INTERNAL_ERROR)
    write = Write(sessions, session_key(session.session_id), "META").when_equal("state", SessionState.ENDING.value)
    write.set("state", to.value).count("version").set_once(f"transitions.{to}", now).set("counted", False)
    return write.remove("liveShard", "awaits", "taskToken").as_update()


def _left_line(sessions: str, session: Session) -> dict[str, Any]:
    return Write(sessions, line_key(session.pool_id), place_key_of(session)).as_delete()


def _uncounted(sessions: str, session: Session) -> list[dict[str, Any]]:
    viewer = viewer_key(session.viewer_id)
    if session.session_id not in read(sessions, viewer, "COUNTER").get("sessionIds", ()):
        return []
    write = Write(sessions, viewer, "COUNTER").count("live", -1).take_out("sessionIds", session.session_id)
    write.when(f"contains({write.name('sessionIds')}, {write.value(session.session_id)})")
    return [write.as_update()]


def _given_back(fleet: str, session: Session, now: float) -> list[dict[str, Any]]:
    if session.assignment is None:
        return []
    key = slot_key(session.assignment.slot_id)
    row = read(fleet, *key)
    if not row or (row.get("sessionId"), row["epoch"]) != (session.session_id, session.assignment.epoch):
        return []
    slot = slot_of(row)
    write = Write(fleet, *key).when_equal("sessionId", session.session_id).when_equal("epoch", slot.epoch)
    write.when_equal("state", slot.state.value).set("changedAt", now)
    if slot.state is not SlotState.RETIRED:
        write.set("state", SlotState.RESETTING.value).set("deadlineAt", now + session.limits.reset_timeout_s)
    return [write.remove("sessionId", "viewerId", "leaseUntil").as_update()]
