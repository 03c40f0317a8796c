"""Session rows and their keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from greenroom.aws.table.codec import decoded, encoded
from greenroom.aws.table.write import Write
from greenroom.domain.line.line import order_of
from greenroom.domain.session.session import LIVE_STATES, Session, SessionState
from greenroom.domain.shape import selected
from greenroom.domain.tenant import owned
from greenroom.domain.times import iso
from greenroom.ports.line import LineTicket

LIVE_SHARDS = 4
"""The index of live sessions is spread over this many partitions."""
NOT_LISTED: Mapping[str, Any] = {"tenantId": "", "clientToken": ""}
"""Values for fields that every session has but the index of a viewer's sessions does not contain."""


def session_key(session_id: str) -> str:
    return f"SESSION#{session_id}"


def viewer_key(viewer_id: str) -> str:
    return f"VIEWER#{viewer_id}"


def line_key(pool_id: str) -> str:
    return owned("LINE", pool_id)


def place_key(order_at: float, session_id: str) -> str:
    """Sorts by order in line, then by id."""
    return f"{iso(order_at)}#{session_id}"


def place_key_of(session: Session) -> str:
    """The key of the session's place in line, whether it has one now or not."""
    return place_key(order_of(session), session.session_id)


def live_shard(session_id: str) -> str:
    return str(sum(session_id.encode()) % LIVE_SHARDS)


def session_row(session: Session) -> dict[str, Any]:
    """The whole item; `liveShard` puts it into the index of sessions that are not over."""
    is_over = session.state not in (*LIVE_STATES, SessionState.ENDING)
    own = {"pk": session_key(session.session_id), "sk": "META", "counted": True}
    return {**own, "liveShard": None if is_over else live_shard(session.session_id), **encoded(session)}


def session_of(row: Mapping[str, Any]) -> Session:
    return decoded(Session, row)


def listed_session_of(row: Mapping[str, Any]) -> Session:
    """The session in a row of the index `byViewer`, which contains what a SessionView needs."""
    return decoded(Session, {**NOT_LISTED, **row})


def place_row(session: Session) -> dict[str, Any]:
    """A place in line, by the order of the session's first request."""
    ticket = selected(LineTicket, session, order_at=order_of(session))
    return {"pk": line_key(session.pool_id), "sk": place_key_of(session), **encoded(ticket)}


def at_epoch(write: Write, epoch: int | None) -> Write:
    """Adds the condition that the session holds the slot with this epoch. 0: it holds none. None adds nothing."""
    if epoch == 0:
        return write.when(f"attribute_not_exists({write.name('assignment')})")
    return write.when_equal("assignment.epoch", epoch)
