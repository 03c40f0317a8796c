"""Whether a new session may stand in line at all."""

from __future__ import annotations

from greenroom.domain.errors import LineFull
from greenroom.domain.pool import Application, Pool
from greenroom.domain.session import Session
from greenroom.ports import Ports

TRY_AGAIN_AFTER_S = 60
"""When nothing is known of how fast the line moves."""


def check_line(draft: Session, application: Application, pool: Pool, ports: Ports) -> None:
    """A line that is full takes nobody; nothing is written. Launches at the same moment may exceed it by their number.

    Who waits already is told so instead: a reload of the page must find its place again.
    Raises: LineFull, ViewerLimitReached, DuplicateLaunch.
    """
    if ports.line.length(pool.pool_id) < pool.line_limit:
        return
    ports.claims.check_viewer(draft, application.sessions_per_viewer)
    raise LineFull(pool.line_limit, TRY_AGAIN_AFTER_S)
