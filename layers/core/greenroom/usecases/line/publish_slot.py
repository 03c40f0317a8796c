"""Gives a slot that is ready to the line, or else makes it free for everybody."""

from __future__ import annotations

from typing import Protocol

from greenroom.domain.slot.slot import Slot
from greenroom.ports.instance import HasFleet
from greenroom.ports.line import HasLine
from greenroom.ports.notify import HasBus, HasJournal, HasMetrics, HasTasks
from greenroom.ports.pool import HasCatalog, HasPools
from greenroom.ports.session import HasClaims, HasSessions
from greenroom.ports.socket import HasConnections, HasSocket
from greenroom.ports.world import Clock, InParallel, Rng
from greenroom.usecases.line.dispatch_line import dispatch_line, hand_to_line
from greenroom.usecases.line.notify_waiting import NOTIFIED_A_DISPATCH, notify_waiting
from greenroom.usecases.pool.request_pass import request_pass


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
    """Gives the slot to the first session in line, or makes it free for everybody.

    After that, the line is looked at again, because a viewer may have found no free slot and joined the line in
    between. A viewer dispatches once after joining, and this function dispatches once after publishing. Whichever comes
    second sees both, so nobody waits beside a free slot.
    Raises: SlotLost (not Resetting any more, or its instance takes no more sessions).
    """
    if hand_to_line(slot, ports) is not None:
        notify_waiting(slot.pool_id, ports, NOTIFIED_A_DISPATCH)  # everybody else in line moves up
        return
    # The scale-in clock starts with the first slot beyond the idle buffer; further slots need no pass.
    if ports.claims.publish(slot, ports.now(), lambda: ports.catalog.pool(slot.pool_id).policy.target_idle):
        request_pass(slot.pool_id, "slotFreed", ports)
    dispatch_line(slot.pool_id, ports)
