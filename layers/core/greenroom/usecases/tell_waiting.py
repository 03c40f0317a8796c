"""Everyone who waits is told when, and why: at least every 10 s, and at once when the line moves."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from greenroom.domain.errors import NotFound
from greenroom.domain.eta import Eta, eta_view, is_due
from greenroom.domain.session import WAITING_STATES, Session
from greenroom.ports import Ports
from greenroom.usecases.forecast_line import forecast_line
from greenroom.usecases.tell_peers import post_to_page

TOLD_A_PASS = 200
"""The nearest ones; who stands farther back waits long enough to be told when it comes nearer."""
TOLD_A_DISPATCH = 20
"""Those for whom one place counts; the others hear it from the next pass."""
TELLING_S = 15.0
"""A pass has a minute, and other pools wait."""


def tell_waiting(pool_id: str, ports: Ports, most: int = TOLD_A_PASS) -> int:
    """Forecast, note and push for the nearest `most`; returns how many were told. Costs one query when nobody waits.

    Raises: NotFound (the pool or its application is not configured).
    """
    tickets = ports.line.nearest(pool_id, most)
    if not tickets:
        return 0
    outlook, told, began = forecast_line(pool_id, ports), 0, ports.now()
    for place, ticket in enumerate(tickets, start=1):
        if ports.now() - began > TELLING_S:
            break
        with suppress(NotFound):
            session = ports.sessions.get(ticket.session_id)
            told += _tell(session, outlook.eta(place, session.not_before), ports)
    return told


def _tell(session: Session, eta: Eta, ports: Ports) -> bool:
    """Whether there was something to tell."""
    if session.state not in WAITING_STATES or not is_due(session.eta, eta):
        return False
    if not ports.sessions.note_eta(session.session_id, eta):
        return False  # it got its slot, or left, a moment ago
    frame = {"kind": "eta", "sessionId": session.session_id, "place": eta.place, "eta": eta_view(eta)}
    post_to_page(session, frame, ports)
    return True


def first_forecast(session: Session, place: int, ports: Ports) -> Session:
    """The session with the forecast its viewer is shown first. Raises: NotFound."""
    eta = forecast_line(session.pool_id, ports).eta(place, session.not_before)
    ports.sessions.note_eta(session.session_id, eta)
    return replace(session, eta=eta)
