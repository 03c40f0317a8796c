"""A stage to play on: one application, its pool, instances with slots in the state a test needs."""

from __future__ import annotations

from dataclasses import replace

from greenroom.domain.instance.instance import Instance, InstanceState
from greenroom.domain.pool.pool import Application, ApplicationKind, Pool, PoolPolicy
from greenroom.domain.session.session import Session, SessionLimits
from greenroom.domain.slot.slot import Slot, SlotState, shard_of, slot_id_of
from greenroom.usecases.session.record_slot_event import SlotEvent, SlotFact, record_slot_event
from greenroom.usecases.session.request_session import Launch, Launched, request_session
from greenroom_lab.memory.claims import free_entry
from greenroom_lab.memory.ports import FakePorts

NONCE = "0" * 32
MAXIMUM = 100
"""Of the pool: enough for two partitions of free entries."""


def stage(slots: int = 1, state: SlotState = SlotState.FREE, target_idle: int = 0) -> FakePorts:
    """Application and pool `demo`; one Ready instance a slot, each slot in `state`."""
    ports = FakePorts()
    ports.memory.applications["demo"] = Application(
        application_id="demo",
        name="Demo",
        kind=ApplicationKind.NULL,
        command=(),
        slots_per_instance=1,
        pool_id="demo",
        limits=SessionLimits(connection_timeout_s=120, reconnect_window_s=60, maximum_session_s=600),
    )
    ports.memory.pools["demo"] = Pool("demo", "demo", PoolPolicy(0, target_idle, MAXIMUM))
    for number in range(1, slots + 1):
        add_slot(ports, f"i-{number * 2654435761 % 2**32:08x}", state)
    return ports


def add_slot(ports: FakePorts, instance_id: str, state: SlotState, application_id: str = "demo") -> Slot:
    """One more Ready instance with one slot."""
    slot = Slot(
        slot_id=slot_id_of(instance_id, 1),
        number=1,
        instance_id=instance_id,
        pool_id="demo",
        application_id=application_id,
        state=state,
        epoch=0,
        instance_type="g5.xlarge",
        zone="us-east-1a",
        market="spot",
        shard=shard_of(instance_id, MAXIMUM),
    )
    ports.memory.instance_rows[instance_id] = Instance(
        instance_id=instance_id,
        pool_id="demo",
        application_id=application_id,
        launch_id="lch-1",
        state=InstanceState.READY,
        instance_type="g5.xlarge",
        zone="us-east-1a",
        market="spot",
        slot_count=1,
        launched_at=ports.now(),
        boot_nonce=NONCE,
    )
    ports.memory.slot_rows[slot.slot_id] = slot
    ports.memory.free_counts["demo"] = ports.memory.free_counts.get("demo", 0) + (state is SlotState.FREE)
    if state is SlotState.FREE:
        ports.memory.free_rows[slot.slot_id] = free_entry(slot)
    return slot


def launch(ports: FakePorts, viewer: str = "ada", token: str = "t1") -> Launched:
    """`viewer` presses Play."""
    return request_session(Launch(viewer, "acme", "demo", token), ports)


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
    return ports.memory.slot_rows[session.assignment.slot_id]


def joined(ports: FakePorts, session: Session, connection_id: str) -> Session:
    """The session after a page joined on `connection_id`."""
    epoch = session.assignment.epoch if session.assignment else 0
    return ports.sessions.join(session.session_id, connection_id, epoch, None).session


def set_instance(ports: FakePorts, instance_id: str, state: InstanceState) -> None:
    """Its instance stands elsewhere now."""
    rows = ports.memory.instance_rows
    rows[instance_id] = replace(rows[instance_id], state=state)
