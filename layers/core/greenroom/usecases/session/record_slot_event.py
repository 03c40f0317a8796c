"""Records what an agent reports about one of its slots: ready, notReady, connected, disconnected, idle, exited."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.errors import (
    Forbidden,
    IllegalTransition,
    SlotLost,
    StaleEpoch,
)
from greenroom.domain.instance.evacuation import RETURNING_STATES, is_being_lost
from greenroom.domain.instance.instance import CLAIMABLE_STATES
from greenroom.domain.quota.quota import plays_until
from greenroom.domain.session.session import SessionMove, SessionState, StatusReason, sources_of
from greenroom.domain.slot.slot import SlotState
from greenroom.domain.slot.slot_move import retire_idle, withdraw
from greenroom.usecases.line.publish_slot import publish_slot
from greenroom.usecases.notify.answer_wait import answer_wait
from greenroom.usecases.notify.notify_peers import notify_page
from greenroom.usecases.pool.judge_boots import record_boot_done, restart_timeout_s
from greenroom.usecases.session.check_limits import gpu_budgets_of
from greenroom.usecases.session.end_session import end_idle_session, end_session
from greenroom.usecases.socket.check_boot import check_boot

if TYPE_CHECKING:
    from greenroom.domain.instance.instance import Instance
    from greenroom.domain.session.session import Session
    from greenroom.domain.slot.slot import Slot
    from greenroom.ports.instance import HasFleet
    from greenroom.ports.line import HasLine
    from greenroom.ports.notify import HasBus, HasJournal, HasMetrics, HasTasks
    from greenroom.ports.pool import HasCatalog, HasPools
    from greenroom.ports.quota import HasQuotaCounters, HasQuotas
    from greenroom.ports.session import HasClaims, HasSessions
    from greenroom.ports.slot import HasSlots
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
        HasQuotaCounters,
        HasQuotas,
        HasSessions,
        HasSlots,
        HasSocket,
        HasTasks,
        InParallel,
        Protocol,
    ):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


class SlotEvent(StrEnum):
    """What an agent can report about one of its slots. A report may arrive twice, late, or not at all."""

    READY = "ready"  # the application runs and has answered its probe
    NOT_READY = "notReady"  # the application runs, but its streamer is disconnected, and may connect again
    CONNECTED = "connected"  # the WebRTC connection to the page with the reported join number is up
    DISCONNECTED = "disconnected"  # the WebRTC connection to the page with the reported join number is lost
    IDLE = "idle"  # the viewer on the page gave no input and did not answer the warning
    EXITED = "exited"  # the application's process ended by itself


@dataclass(frozen=True, slots=True)
class SlotFact:
    """One report of an agent about one of its slots. `instance_id`: from the verified signature of the request.

    `boot_nonce`: the random id that the agent chose at its instance's boot. `epoch`: the slot's fencing number (raised
    at each claim), as the agent knows it. `join_number`: the number of the page that the report is about; each new page
    of the session gets the next number.
    """

    instance_id: str
    boot_nonce: str
    slot_id: str
    epoch: int
    event: SlotEvent
    session_id: str | None = None
    join_number: int | None = None


def record_slot_event(fact: SlotFact, ports: Ports) -> Slot:
    """Records an agent's report about a slot, and returns the slot as it is afterwards.

    Raises: UnknownInstance, StaleBoot (the agent of a later boot has registered), Forbidden (the slot is on another
    instance), NotFound, StaleEpoch (the slot has another epoch, its fencing number, than the report).
    """
    instance = check_boot(fact.instance_id, fact.boot_nonce, ports)
    slot = ports.slots.get(fact.slot_id)
    if slot.instance_id != fact.instance_id:
        raise Forbidden(f"The slot {fact.slot_id} does not belong to the calling instance.")
    if slot.epoch != fact.epoch:
        raise StaleEpoch("slot", slot.slot_id, f"is at epoch {slot.epoch}, not {fact.epoch}.")
    if fact.event is SlotEvent.READY:
        _ready(fact, slot, instance, ports)
    elif fact.event is SlotEvent.NOT_READY:
        _withdraw(slot, instance, ports)
    elif fact.event is SlotEvent.EXITED:
        _exited(slot, instance, ports)
    elif fact.session_id is None or fact.session_id != slot.session_id:
        pass  # the report is about a session that has left this slot
    elif fact.event is SlotEvent.IDLE:
        end_idle_session(fact.session_id, fact.epoch, fact.join_number, ports)
    else:
        _peer_changed(fact, slot, ports)
    return ports.slots.get(fact.slot_id)


def _ready(fact: SlotFact, slot: Slot, before: Instance, ports: Ports) -> None:
    if slot.state is not SlotState.RESETTING:
        return
    record_boot_done(before, ports)  # done first, because the agent repeats a call that dies half-way
    instance = ports.fleet.mark_ready(fact.instance_id, fact.boot_nonce, ports.now())
    try:
        if instance.state in CLAIMABLE_STATES:
            publish_slot(slot, ports)
        elif instance.state not in RETURNING_STATES:
            ports.slots.move(slot, retire_idle(slot, ports.now()))
    except SlotLost:
        return  # another copy of this report was faster, or the instance takes no more sessions: the answer says which


def _exited(slot: Slot, instance: Instance, ports: Ports) -> None:
    if slot.session_id is not None:
        if is_being_lost(instance):
            return  # the application stopped because the instance is being lost: the evacuation moves the session
        end_session(slot.session_id, StatusReason.APPLICATION_EXIT, ports)
    else:
        _withdraw(slot, instance, ports)


def _withdraw(slot: Slot, instance: Instance, ports: Ports) -> None:
    """Makes a free slot unavailable until its application is ready again. A slot that has a session keeps the session.

    This is done when the application has ended, or has lost its streamer (the program that sends the video).
    """
    if slot.state is not SlotState.FREE:
        return
    now, application = ports.now(), ports.catalog.application(instance.application_id)
    try:
        ports.slots.move(slot, withdraw(slot, now, now + restart_timeout_s(application)))
    except SlotLost as error:  # a session has just claimed the slot: the streamer connects again, or is restarted
        raise StaleEpoch("slot", slot.slot_id, "was just claimed.") from error


def _peer_changed(fact: SlotFact, slot: Slot, ports: Ports) -> None:
    session = ports.sessions.get(str(fact.session_id))
    connected = fact.event is SlotEvent.CONNECTED
    move = _connected(session, fact, ports) if connected else _disconnected(session, fact, ports.now())
    try:
        session = ports.sessions.move(session.session_id, move)
    except IllegalTransition:
        session = ports.sessions.get(session.session_id)  # a copy of this report may have died after the move
    if connected and session.state is SessionState.CONNECTED and session.join_number == fact.join_number:
        ports.slots.start_streaming(slot.slot_id, session.session_id, fact.epoch, ports.now())
    answer_wait(session, ports)
    notify_page(session, ports)


def _connected(session: Session, fact: SlotFact, ports: Ports) -> SessionMove:
    # The maximum length counts from the first connection. Limits and ends_by never change, so reading them is safe.
    now = ports.now()
    ends_by = session.ends_by or plays_until(session, now, gpu_budgets_of(session, ports))
    return SessionMove(
        to=SessionState.CONNECTED,
        at=now,
        sources=sources_of(SessionState.CONNECTED),
        deadline_at=ends_by,
        ends_by=ends_by,
        epoch=fact.epoch,
        join_number=fact.join_number,
    )


def _disconnected(session: Session, fact: SlotFact, now: float) -> SessionMove:
    window_end = now + session.limits.reconnect_window_s
    return SessionMove(
        to=SessionState.DISCONNECTED,
        at=now,
        sources=sources_of(SessionState.DISCONNECTED),
        deadline_at=min(window_end, session.ends_by or window_end),
        epoch=fact.epoch,
        join_number=fact.join_number,
    )
