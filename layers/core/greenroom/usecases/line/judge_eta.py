"""How good the first forecast was, judged when the wait is over: a row of the session's journal, and a metric."""

from __future__ import annotations

from greenroom.domain.journal import session as journal
from greenroom.domain.session.session import Session, SessionState
from greenroom.ports import Ports


def judge_eta(before: Session, assigned: Session, ports: Ports) -> None:
    """`before`: as it waited. Only a first wait is judged: who moves waits for a reason that nobody foresaw."""
    shown, at = before.eta_shown, assigned.transitions.get(SessionState.ASSIGNED)
    if before.state is not SessionState.QUEUED or shown is None or at is None:
        return
    wait_s, within = round(at - shown.at, 3), at <= shown.p90
    p50_s, p90_s = round(shown.p50 - shown.at, 3), round(shown.p90 - shown.at, 3)
    entry = journal.EtaJudged(assigned.session_id, assigned.pool_id, wait_s, p50_s, p90_s, within)
    ports.journal.append(entry, ports.now())
    ports.metrics.eta_judged(assigned.pool_id, wait_s, within)
