"""Whether a new session may stand in line at all."""

from __future__ import annotations

from math import ceil

from greenroom.domain.errors import LineFull
from greenroom.domain.pool import Application, Pool
from greenroom.domain.session import Session
from greenroom.ports import Ports
from greenroom.usecases.forecast_line import forecast_line

SOONEST_S, LATEST_S = 10, 3600
"""When a viewer may be told to try again: not in a tight loop, and not tomorrow."""


def check_line(draft: Session, application: Application, pool: Pool, ports: Ports) -> None:
    """A line that is full takes nobody; nothing is written. Launches at the same moment may exceed it by their number.

    Who waits already is told so instead: a reload of the page must find its place again.
    Raises: LineFull, ViewerLimitReached, DuplicateLaunch.
    """
    if ports.line.length(pool.pool_id) < pool.line_limit:
        return
    ports.claims.check_viewer(draft, application.sessions_per_viewer)
    raise LineFull(pool.line_limit, _try_again_after_s(pool, ports))


def _try_again_after_s(pool: Pool, ports: Ports) -> int:
    """When the next one in line is likely served: then there is room for one more."""
    outlook = forecast_line(pool.pool_id, ports)
    return min(max(ceil(outlook.eta(1).p50 - outlook.now), SOONEST_S), LATEST_S)
