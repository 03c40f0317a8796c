"""A stage to play on: one application, its pool, instances with slots in the state a test needs."""

from __future__ import annotations

from greenroom.domain.session.session import Session, SessionLimits
from greenroom.domain.slot.slot import Slot, SlotState
from greenroom.usecases.session.record_slot_event import SlotEvent, SlotFact, record_slot_event
from greenroom.usecases.session.request_session import SessionAnswer, SessionRequest, request_session
from greenroom_lab.memory.ports import FakePorts

from tests.builders import NONCE, a_policy, a_pool, a_slot, an_application, an_instance
from tests.fakes.store import put


def stage(slots: int = 1, state: SlotState = SlotState.FREE, target_idle: int = 0) -> FakePorts:
    """Application and pool `demo`; one Ready instance a slot, each slot in `state`."""
    ports = FakePorts()
    limits = SessionLimits(connection_timeout_s=120, reconnect_window_s=60, maximum_session_s=600)
    put(ports, an_application(limits=limits), a_pool(policy=a_policy(target_idle=target_idle)))
    for number in range(1, slots + 1):
        add_slot(ports, f"i-{number * 2654435761 % 2**32:08x}", state)
    return ports


def add_slot(ports: FakePorts, instance_id: str, state: SlotState, application_id: str = "demo") -> Slot:
    """One more Ready instance with one slot."""
    instance = an_instance(instance_id, application_id=application_id, launched_at=ports.now())
    slot = a_slot(instance, state=state)
    put(ports, instance, slot)
    return slot


def fill(ports: FakePorts, slots: int) -> None:
    """So many free slots more, each on an instance of its own."""
    for number in range(slots):
        add_slot(ports, f"i-{number + 0xA0:08x}", SlotState.FREE)


def launch(ports: FakePorts, viewer: str = "ada", token: str = "t1") -> SessionAnswer:
    """`viewer` presses Play."""
    return request_session(SessionRequest(viewer, "acme", "demo", token), ports)


def report(
    ports: FakePorts, session: Session | None, slot: Slot, event: SlotEvent, join_number: int | None = None
) -> Slot:
    """The slot's agent reports, as it knows the slot."""
    fact = SlotFact(
        instance_id=slot.instance_id,
        boot_nonce=NONCE,
        slot_id=slot.slot_id,
        epoch=slot.epoch,
        event=event,
        session_id=session.session_id if session else None,
        join_number=join_number,
    )
    return record_slot_event(fact, ports)


def slot_of(ports: FakePorts, session: Session) -> Slot:
    """The slot a session holds, as it stands."""
    assert session.assignment is not None
    return ports.slots.get(session.assignment.slot_id)


def joined(ports: FakePorts, session: Session, connection_id: str) -> Session:
    """The session after a page joined on `connection_id`."""
    epoch = session.assignment.epoch if session.assignment else 0
    return ports.sessions.join(session.session_id, connection_id, epoch, None).session
