"""Informs waiting viewers when they will get a slot, and why not sooner.

A viewer gets a new forecast from the reaper (the periodic repair) at least every 10 s, and at once when the line moves.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.errors import NotFound
from greenroom.domain.pool.pool import LONGEST_LINE
from greenroom.domain.session.eta import eta_view, is_due
from greenroom.domain.session.session import WAITING_STATES
from greenroom.usecases.notify.notify_peers import post_to_page

if TYPE_CHECKING:
    from greenroom.domain.session.session import Session
    from greenroom.ports.instance import HasFleet
    from greenroom.ports.line import HasLine, LineTicket
    from greenroom.ports.pool import HasCatalog, HasPools
    from greenroom.ports.session import HasSessions
    from greenroom.ports.socket import HasConnections, HasSocket
    from greenroom.ports.world import Clock, InParallel
    from greenroom.usecases.line.forecast_line import Outlook

    class Ports(
        Clock, HasCatalog, HasConnections, HasFleet, HasLine, HasPools, HasSessions, HasSocket, InParallel, Protocol
    ):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


NOTIFIED_A_PASS = LONGEST_LINE
"""How many waiting viewers one pass (run of the reaper) notifies: all.

Each notification takes some milliseconds, and several are sent at the same time.
"""
NOTIFIED_A_DISPATCH = 20
"""How many viewers are notified at once when the line moves: those at the front, for whom one place matters.

The next pass (run of the reaper) notifies the others.
"""
NOTIFYING_S = 15.0
"""How long one pass (run of the reaper) may take to notify the waiting viewers of a pool, seconds.

A pass has a minute for all pools. Viewers farther back in line are notified by a later pass.
"""


def notify_waiting(pool_id: str, ports: Ports, most: int = NOTIFIED_A_PASS) -> int:
    """Forecasts the waits of the first `most` sessions in line, stores each forecast, and sends it to the viewer.

    Returns how many viewers were notified. Costs one query when no session waits.
    Raises: NotFound (the pool or its application is not configured).
    """
    tickets = ports.line.nearest(pool_id, most)
    if not tickets:
        return 0
    from greenroom.usecases.line.forecast_line import forecast_line  # only where somebody waits

    outlook, ends = forecast_line(pool_id, ports), ports.now() + NOTIFYING_S
    places = enumerate(tickets, start=1)
    return sum(ports.in_parallel([partial(_notify, ticket, place, outlook, ends, ports) for place, ticket in places]))


def notify_those_behind(gone: Session, ports: Ports) -> None:
    """Notifies the viewers behind a session that has left the line, without waiting for the reaper.

    The reaper (the repair that runs every 10 s) would notify them later.
    """
    if gone.assignment is None or gone.moving is not None:
        with suppress(NotFound):  # the pool is no longer configured, so no session gets a slot there
            notify_waiting(gone.pool_id, ports, NOTIFIED_A_DISPATCH)


def _notify(ticket: LineTicket, place: int, outlook: Outlook, ends: float, ports: Ports) -> bool:
    """Sends one viewer a new forecast. Returns whether there was a new forecast to send, and time to send it.

    `ends`: when the time for notifications is over, epoch seconds.
    """
    if ports.now() > ends:
        return False
    try:
        session = ports.sessions.get(ticket.session_id)
    except NotFound:
        return False
    eta = outlook.eta(place, session.not_before)
    if session.state not in WAITING_STATES or not is_due(session.eta, eta):
        return False
    if not ports.sessions.record_eta(session.session_id, eta):
        return False  # the session has just got a slot, or its viewer has just left
    frame = {"kind": "eta", "sessionId": session.session_id, "place": eta.place, "eta": eta_view(eta)}
    post_to_page(session, frame, ports)
    return True


def first_forecast(session: Session, place: int, outlook: Outlook, ports: Ports) -> Session:
    """Stores the first forecast of a session's wait, and returns the session with the forecast.

    If the session no longer waits, it is returned as it is stored now.
    """
    eta = outlook.eta(place, session.not_before)
    if not ports.sessions.record_eta(session.session_id, eta):
        return ports.sessions.get(session.session_id)
    return replace(session, eta=eta)
