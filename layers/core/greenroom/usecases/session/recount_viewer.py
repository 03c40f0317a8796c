"""A viewer's counter against the rows of the sessions that it names.

A crash cannot make it wrong: a launch and a release count in the transaction that writes the session. A restored table
can: a backup made while a transaction spreads may hold a part of it.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from greenroom.domain.errors import NotFound
from greenroom.domain.journal import quota as journal
from greenroom.domain.session.session import TERMINAL_STATES
from greenroom.ports.notify import HasJournal
from greenroom.ports.quota import HasQuotaCounters
from greenroom.ports.session import HasSessions
from greenroom.ports.world import Clock


class Ports(Clock, HasJournal, HasQuotaCounters, HasSessions, Protocol):
    """What is reached here, callees included."""


def recount_viewer(viewer_id: str, session_ids: Iterable[str], ports: Ports) -> None:
    """Exact at once: each correction is one transaction with the session's own row."""
    for session_id in sorted(session_ids):
        if ports.quota_counters.correct_viewer(viewer_id, session_id):
            entry = journal.QuotaRecounted(f"VIEWER#{viewer_id}", session_id=session_id)
            ports.journal.append(entry, ports.now())


def forget_what_is_over(viewer_id: str, told: str, ports: Ports) -> bool:
    """Whether a launch that was refused because of `told` may try again: that session, or another one that the counter
    names, is over or never was. The counter names none of these any more then.

    The reaper would not do: it recounts only viewers who have a session.
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
