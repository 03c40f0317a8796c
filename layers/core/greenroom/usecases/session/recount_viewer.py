"""Corrects a viewer's counter of running sessions by the rows of those sessions.

A crash cannot make the counter wrong: a session's request and its release change the counter in the same transaction as
the session's row. A restored table can make the counter wrong: a backup that is made while a transaction is being
applied may hold only a part of the transaction.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.errors import NotFound
from greenroom.domain.journal import quota as journal
from greenroom.domain.session.session import TERMINAL_STATES

if TYPE_CHECKING:
    from greenroom.ports.notify import HasJournal
    from greenroom.ports.quota import HasQuotaCounters
    from greenroom.ports.session import HasSessions
    from greenroom.ports.world import Clock

    class Ports(Clock, HasJournal, HasQuotaCounters, HasSessions, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


def recount_viewer(viewer_id: str, session_ids: Iterable[str], ports: Ports) -> None:
    """Corrects, in the viewer's counter of running sessions, the entries of these sessions.

    A session that is over is removed from the counter, and any other session is added. Each correction is one
    transaction with the session's own row.
    """
    for session_id in sorted(session_ids):
        if ports.quota_counters.correct_viewer(viewer_id, session_id):
            entry = journal.QuotaRecounted(f"VIEWER#{viewer_id}", session_id=session_id)
            ports.journal.append(entry, ports.now())


def forget_what_is_over(viewer_id: str, told: str, ports: Ports) -> bool:
    """Removes sessions that are over from the viewer's counter of running sessions.

    Returns whether there were such sessions. Called after the counter has refused a request; when this function returns
    True, the request may be tried again. `told`: the id of the running session that the refusal named. The reaper (the
    repair that runs every 10 s) cannot do this instead, because it recounts only viewers who have a running session.
    """
    named = ports.quota_counters.live_of_viewer(viewer_id) | {told}
    over = [each for each in named if _is_over(each, ports)]
    recount_viewer(viewer_id, over, ports)
    return bool(over)


def _is_over(session_id: str, ports: Ports) -> bool:
    try:
        return ports.sessions.get(session_id).state in TERMINAL_STATES
    except NotFound:
        return True
