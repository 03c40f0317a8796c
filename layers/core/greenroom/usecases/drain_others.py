"""A pool was given to another application: what still runs the one before drains, and its line is told.

Nobody is cut off. Whoever plays on such an instance plays on until the session ends; then the instance is ended, and
its room is used for the pool's own application.
"""

from __future__ import annotations

from contextlib import suppress

from greenroom.domain.errors import NotFound, SlotLost
from greenroom.domain.instance import CLAIMABLE_STATES, InstanceState
from greenroom.domain.pool import LONGEST_LINE, Pool
from greenroom.domain.session import StatusReason
from greenroom.domain.slot import SlotState
from greenroom.fleet_ports import Machinery
from greenroom.ports import LineTicket, Ports
from greenroom.usecases.end_instance import end_instance
from greenroom.usecases.end_session import end_unserved_session
from greenroom.usecases.read_snapshot import PoolReading, count_slots

OTHER_APPLICATION = "otherApplication"
"""The status reason of an instance that drains because its pool was given away: no operator takes that back."""


def drain_others(reading: PoolReading, ports: Ports) -> int:
    """No new sessions on what runs another application; how many of them began to drain."""
    return sum(_drain(each, ports) for each in reading.others)


def _drain(machine: Machinery, ports: Ports) -> bool:
    if machine.instance.state not in CLAIMABLE_STATES:
        return False
    with suppress(SlotLost):  # a slot changed hands meanwhile: the next pass looks again
        ports.fleet.drain(machine.instance, machine.slots, ports.now(), OTHER_APPLICATION)
        if free := count_slots(machine.slots, SlotState.FREE):
            ports.capacity.add_free(machine.instance.pool_id, -free)
        return True
    return False


def end_unregistered(machine: Machinery, ports: Ports) -> None:
    """It would only boot to be drained."""
    if machine.instance.state is InstanceState.LAUNCHING:
        end_instance(machine.instance, StatusReason.INSTANCE_UNHEALTHY, ports)


def end_unserved(pool: Pool, ports: Ports) -> None:
    """Whoever waits for an application that the pool no longer serves would wait in vain.

    The pool is read again after the line: it may have been given away since, to the very application that these want.
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
