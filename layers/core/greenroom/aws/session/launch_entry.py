"""Writes a new session to DynamoDB, together with its viewer's counter, its client token and its quota units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from greenroom.aws.session.quota_counters import Units
from greenroom.aws.session.session_rows import session_key, session_of, session_row, viewer_key
from greenroom.aws.table.rows import read
from greenroom.aws.table.transaction import Refused, transact
from greenroom.aws.table.write import Write, put
from greenroom.domain.errors import DuplicateLaunch, ViewerLimitReached
from greenroom.domain.quota.quota import Quotas
from greenroom.domain.session.session import Session

CLIENT_TOKEN_KEPT_S = 24 * 3600
"""How long a repeated client token is recognised."""


def enter(
    table: str, session: Session, sessions_per_viewer: int, quotas: Quotas | None, others: Sequence[dict[str, Any]]
) -> Session | None:
    """Writes the session and `others` in one transaction. Returns None if only `others` were refused.

    Raises: DuplicateLaunch, ViewerLimitReached, QuotaExceeded.
    """
    units = Units(table, session, quotas)
    while True:
        entering = units.session()
        entered = _entered(table, entering, sessions_per_viewer)
        try:
            transact([*entered, *units.items(), *others])
            return entering
        except Refused as refused:
            standing = _standing(table, refused, session)
            if standing is not None or not units.moved_on(refused, len(entered)):
                return standing


def _entered(table: str, session: Session, limit: int) -> list[dict[str, Any]]:
    """Items 0 to 2 of every launch: the session, its viewer's counter, its client token."""
    viewer = viewer_key(session.viewer_id)
    count = Write(table, viewer, "COUNTER").count("live").put_in("sessionIds", session.session_id)
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
    row = put(table, session_row(session), absent)
    return [row, count.as_update(), put(table, token, absent)]


def _standing(table: str, refused: Refused, session: Session) -> Session | None:
    """The session's row if this launch was committed before and its reply was lost; None if only the slot was lost.

    Raises: DuplicateLaunch, ViewerLimitReached.
    """
    if refused.failed(0):
        return session_of(read(table, session_key(session.session_id), "META"))
    viewer = viewer_key(session.viewer_id)
    if refused.failed(2):
        token = refused.rows[2] or read(table, viewer, f"CLIENTTOKEN#{session.client_token}")
        raise DuplicateLaunch(token["sessionId"]) from refused
    if refused.failed(1):
        count = refused.rows[1] or read(table, viewer, "COUNTER")
        raise ViewerLimitReached(min(count.get("sessionIds", {""}))) from refused
    return None
