"""Drains an instance for an operator (it gets no new sessions), or puts a draining instance back into service."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.anew import anew, unchanged
from greenroom.domain.errors import Conflict, SlotLost
from greenroom.domain.instance.instance import InstanceState
from greenroom.domain.journal import instance as journal
from greenroom.domain.slot.slot import SlotState
from greenroom.ports.instance import Member
from greenroom.usecases.notify.notify_peers import notify_agent_of_slot
from greenroom.usecases.pool.request_pass import request_pass

if TYPE_CHECKING:
    from greenroom.domain.instance.instance import Instance
    from greenroom.domain.slot.slot import Slot
    from greenroom.ports.instance import HasFleet
    from greenroom.ports.notify import HasBus, HasJournal
    from greenroom.ports.pool import HasPools
    from greenroom.ports.session import HasSessions
    from greenroom.ports.slot import HasSlots
    from greenroom.ports.socket import HasConnections, HasSocket
    from greenroom.ports.world import Clock

    class Ports(
        Clock, HasBus, HasConnections, HasFleet, HasJournal, HasPools, HasSessions, HasSlots, HasSocket, Protocol
    ):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


BY_OPERATOR = "operatorDrain"
"""The status reason of an instance that an operator drained. Only a drain by an operator can be undone."""
BACK_WITHIN_S = 120
"""How long the agent of an instance that is back in service may take to report its slots ready, seconds.

If the agent takes longer, the reaper (the repair that runs every 10 s) acts.
"""
_DRAINED = frozenset({InstanceState.BOOTING, InstanceState.READY})
_INSTEAD = {
    InstanceState.LAUNCHING: "it serves nobody yet. Wait until it is Ready, or lower policy.alwaysOn and targetIdle.",
    InstanceState.STOPPED: "it serves nobody. Lower policy.warmInstances instead.",
}
_ON_ITS_WAY_OUT = "it is on its way out already."


def drain_instance(instance_id: str, operator: str, ports: Ports) -> Member:
    """Drains an instance for an operator: it gets no new sessions, and is terminated after its last session has ended.

    The first planning pass (run of the planner) after that end terminates the instance. Idempotent. Returns the
    instance with its slots.
    Raises: NotFound, Conflict (the instance is not in service any more, or not yet).
    """

    def decide() -> Callable[[], Instance | None]:
        instance, slots = ports.fleet.get(instance_id), ports.slots.list_of_instance(instance_id)
        if instance.state is InstanceState.DRAINING:
            return unchanged(None)
        if instance.state not in _DRAINED:
            raise Conflict(
                "instance", instance_id, f"is {instance.state}: {_INSTEAD.get(instance.state, _ON_ITS_WAY_OUT)}"
            )
        return lambda: ports.fleet.drain(instance, slots, ports.now(), BY_OPERATOR)

    after = anew(decide, lost=SlotLost, at_last=_keeps_changing(instance_id))
    if after is not None:
        ports.journal.append(journal.InstanceDrained(operator, instance_id, after.pool_id), ports.now())
        request_pass(after.pool_id, "instanceDrained", ports)
    return _as_it_stands(instance_id, ports)


def undrain_instance(instance_id: str, operator: str, ports: Ports) -> Member:
    """Puts an instance that an operator has drained back into service.

    A slot without a session can be claimed again when the instance's agent has reported the slot ready. Returns the
    instance with its slots.
    Raises: NotFound, Conflict (the instance is not draining, or was not drained by an operator).
    """

    def decide() -> Callable[[], Instance]:
        instance, slots = ports.fleet.get(instance_id), ports.slots.list_of_instance(instance_id)
        if instance.state is not InstanceState.DRAINING or instance.status_reason != BY_OPERATOR:
            raise Conflict("instance", instance_id, f"is {instance.state}: only a drain by an operator can be undone.")
        return lambda: ports.fleet.undrain(instance, slots, ports.now(), ports.now() + BACK_WITHIN_S)

    after = anew(decide, lost=SlotLost, at_last=_keeps_changing(instance_id))
    ports.journal.append(journal.InstanceUndrained(operator, instance_id, after.pool_id), ports.now())
    member = _as_it_stands(instance_id, ports)
    for slot in member.slots:
        if slot.state is SlotState.RESETTING:
            notify_agent_of_slot(slot, ports)
    request_pass(after.pool_id, "instanceUndrained", ports)
    return member


def _keeps_changing(instance_id: str) -> Conflict:
    return Conflict("instance", instance_id, "keeps changing. Try again.")


def _as_it_stands(instance_id: str, ports: Ports) -> Member:
    slots: tuple[Slot, ...] = tuple(ports.slots.list_of_instance(instance_id))
    return Member(ports.fleet.get(instance_id), slots)
