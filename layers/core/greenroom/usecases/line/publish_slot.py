"""Gives a ready slot (a place on an instance) to the first session in line, or else makes it free for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from greenroom.usecases.line.dispatch_line import dispatch_line, hand_to_line
from greenroom.usecases.line.notify_waiting import NOTIFIED_A_DISPATCH, notify_waiting
from greenroom.usecases.pool.request_pass import request_pass

if TYPE_CHECKING:
    from greenroom.domain.slot.slot import Slot
    from greenroom.ports.instance import HasFleet
    from greenroom.ports.line import HasLine
    from greenroom.ports.notify import HasBus, HasJournal, HasMetrics, HasTasks
    from greenroom.ports.pool import HasCatalog, HasPools
    from greenroom.ports.session import HasClaims, HasSessions
    from greenroom.ports.socket import HasConnections, HasSocket
    from greenroom.ports.world import Clock, InParallel, Rng

    class Ports(
        Clock,
        Rng,
        HasBus,
        HasCatalog,
        HasClaims,
        HasConnections,
        HasFleet,
        HasJournal,
        HasLine,
        HasMetrics,
        HasPools,
        HasSessions,
        HasSocket,
        HasTasks,
        InParallel,
        Protocol,
    ):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


def publish_slot(slot: Slot, ports: Ports) -> None:
    """Gives the slot to the first session in line. If no session waits, makes the slot free for everybody.

    Afterwards free slots are given to the sessions in line once more, because a session may have found no free slot and
    joined the line in between. The request of such a session does the same after the session has joined the line.
    Whichever of the two is later sees both the session and the slot, so no session waits beside a free slot.
    Raises: SlotLost (the slot is not Resetting any more, or its instance takes no more sessions).
    """
    if hand_to_line(slot, ports) is not None:
        notify_waiting(slot.pool_id, ports, NOTIFIED_A_DISPATCH)  # the other sessions in line move up
        return
    # The first free slot beyond the idle buffer starts the scale-in clock; more free slots need no planning pass.
    if ports.claims.publish(slot, ports.now(), lambda: ports.catalog.pool(slot.pool_id).policy.target_idle):
        request_pass(slot.pool_id, "slotFreed", ports)
    dispatch_line(slot.pool_id, ports)
