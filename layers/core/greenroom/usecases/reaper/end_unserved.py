"""Ends waiting sessions whose application is no longer served by the pool in whose line they wait."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.errors import NotFound
from greenroom.domain.pool.pool import LONGEST_LINE
from greenroom.usecases.session.end_session import end_unserved_session

if TYPE_CHECKING:
    from greenroom.domain.pool.pool import Pool
    from greenroom.ports.line import HasLine, LineTicket
    from greenroom.ports.notify import HasTasks
    from greenroom.ports.pool import HasCatalog
    from greenroom.ports.session import HasSessions
    from greenroom.ports.socket import HasConnections, HasSocket
    from greenroom.ports.world import Clock

    class Ports(Clock, HasCatalog, HasConnections, HasLine, HasSessions, HasSocket, HasTasks, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


def end_unserved(pool: Pool, ports: Ports) -> None:
    """Ends the sessions in the pool's line that want another application than the pool's: they would wait in vain.

    The pool is read again after its line, because operators may just have given the pool to the application that these
    sessions want.
    """
    tickets = ports.line.nearest(pool.pool_id, LONGEST_LINE)
    if all(each.application_id == pool.application_id for each in tickets):
        return
    served = ports.catalog.pool(pool.pool_id).application_id
    for ticket in tickets:
        if ticket.application_id != served:
            _end(ticket, ports)


def _end(ticket: LineTicket, ports: Ports) -> None:
    with suppress(NotFound):
        end_unserved_session(ports.sessions.get(ticket.session_id), ports)
