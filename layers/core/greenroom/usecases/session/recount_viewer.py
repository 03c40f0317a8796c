"""Corrects a viewer's counter of running sessions by the rows of those sessions.

A crash cannot make the counter wrong: a request and a release change it in the same transaction that writes the
session. A restored table can make it wrong: a backup that is made while a transaction is being applied may hold only a
part of it.
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
    """Adds each of these sessions to the viewer's counter if the session is not over, and else removes it.

    Each correction is one transaction with the session's own row.
    """
    for session_id in sorted(session_ids):
        if ports.quota_counters.correct_viewer(viewer_id, session_id):
            entry = journal.QuotaRecounted(f"VIEWER#{viewer_id}", session_id=session_id)
            ports.journal.append(entry, ports.now())


def forget_what_is_over(viewer_id: str, told: str, ports: Ports) -> bool:
    """Removes sessions that are over from the viewer's counter. Returns whether there were any.

    `told`: the session because of which a request was refused. When this function returns True, the request may be
    tried again. The reaper (the periodic repair) cannot do this instead: it recounts only viewers who have a running
    session.
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
