"""A slot is ready: the line first, everyone else after."""

from __future__ import annotations

from typing import Protocol

from greenroom.domain.slot.slot import Slot
from greenroom.ports.instance import HasFleet
from greenroom.ports.line import HasLine
from greenroom.ports.notify import HasBus, HasJournal, HasMetrics, HasTasks
from greenroom.ports.pool import HasCatalog, HasPools
from greenroom.ports.session import HasClaims, HasSessions
from greenroom.ports.socket import HasConnections, HasSocket
from greenroom.ports.world import Clock, Dice, SideBySide
from greenroom.usecases.line.dispatch_line import dispatch_line, hand_to_line
from greenroom.usecases.line.tell_waiting import TOLD_A_DISPATCH, tell_waiting
from greenroom.usecases.pool.request_pass import request_pass


class Ports(
    Clock,
    Dice,
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
    SideBySide,
    Protocol,
):
    """What is reached here, callees included."""


def publish_slot(slot: Slot, ports: Ports) -> None:
    """Hand it to the head of the line, or make it free for all.

    After publishing the line is looked at again: a viewer may have found no slot and joined the line in between. They
    dispatch once after joining, we look once after publishing; whoever is second sees both, so nobody waits beside a
    free slot.
    Raises: SlotLost (not Resetting any more, or its instance takes no more sessions).
    """
    if hand_to_line(slot, ports) is not None:
        tell_waiting(slot.pool_id, ports, TOLD_A_DISPATCH)  # the line moved on
        return
    # The scale-in clock starts when the buffer becomes more than whole, not at each slot after.
    if ports.claims.publish(slot, ports.now(), lambda: ports.catalog.pool(slot.pool_id).policy.target_idle):
        request_pass(slot.pool_id, "slotFreed", ports)
    dispatch_line(slot.pool_id, ports)
