"""Draining by hand: nobody new comes, nobody is sent away, nothing is left claimable, and it can be taken back."""

from __future__ import annotations

import pytest
from greenroom.domain.errors import Conflict
from greenroom.domain.instance.instance import InstanceState
from greenroom.domain.journal.instance import InstanceDrained
from greenroom.domain.session.session import SessionState
from greenroom.domain.slot.slot import Slot, SlotState
from greenroom.domain.slot.slot_move import withdraw
from greenroom.domain.socket.connection import PeerKind
from greenroom.usecases.instance.drain_instance import BACK_WITHIN_S, drain_instance, undrain_instance
from greenroom.usecases.session.record_slot_event import SlotEvent
from greenroom_lab.memory.ports import FakePorts

from tests.builders import a_connection, a_slot
from tests.fakes.stage import launch, report, stage
from tests.fakes.store import change_instance, free_entries, put, the_slot

INSTANCE = "i-9e3779b1"


def two_slots() -> tuple[FakePorts, Slot, Slot]:
    """One instance with two free slots, its agent on the socket."""
    ports = stage(1)
    instance = change_instance(ports, INSTANCE, slot_count=2)
    first, second = the_slot(ports), a_slot(instance, number=2)
    put(ports, second)
    ports.connections.store(a_connection("agent", PeerKind.AGENT, instance_id=INSTANCE))
    return ports, first, second


def states(ports: FakePorts) -> list[SlotState]:
    return [each.state for each in ports.slots.list_of_instance(INSTANCE)]


def test_who_plays_stays_and_nobody_new_comes() -> None:
    ports, *_ = two_slots()
    held = launch(ports).session
    member = drain_instance(INSTANCE, "op", ports)
    assert (member.instance.state, member.instance.status_reason) == (InstanceState.DRAINING, "operatorDrain")
    assert sorted(states(ports)) == [SlotState.RESERVED, SlotState.RESETTING]
    assert not free_entries(ports)
    assert ports.pools.free("demo") == 0
    assert ports.sessions.get(held.session_id).state is SessionState.ASSIGNED
    assert launch(ports, "bob").session.state is SessionState.QUEUED
    assert "PoolChanged" in ports.bus.kinds()
    assert [(each.entity, each.entry) for each in ports.memory.journal] == [
        (f"INSTANCE#{INSTANCE}", InstanceDrained("op", INSTANCE, "demo")),
        ("POOL#default#demo", InstanceDrained("op", INSTANCE, "demo")),
    ]


def test_its_unused_slots_wait_without_a_deadline() -> None:
    ports, *_ = two_slots()
    drain_instance(INSTANCE, "op", ports)
    assert [each.deadline_at for each in ports.slots.list_of_instance(INSTANCE)] == [None, None]


def test_a_slot_claimed_in_between_keeps_its_session() -> None:
    ports, *_ = two_slots()
    ports.memory.between = lambda step: interrupt(step)
    claimed = []

    def interrupt(step: str) -> None:
        if step == "fleet.drain" and not claimed:
            claimed.append(launch(ports).session)

    drain_instance(INSTANCE, "op", ports)
    assert sorted(states(ports)) == [SlotState.RESERVED, SlotState.RESETTING]
    assert ports.pools.free("demo") == 0


def test_a_slot_published_in_between_leaves_no_entry() -> None:
    ports, first, _ = two_slots()
    ports.slots.move(first, withdraw(first, ports.now(), ports.now() + 60))
    published = []

    def interrupt(step: str) -> None:
        if step == "fleet.drain" and not published:
            published.append(True)
            report(ports, None, first, SlotEvent.READY)

    ports.memory.between = interrupt
    drain_instance(INSTANCE, "op", ports)
    assert states(ports) == [SlotState.RESETTING, SlotState.RESETTING]
    assert not free_entries(ports)


def test_draining_again_changes_nothing() -> None:
    ports, *_ = two_slots()
    first = drain_instance(INSTANCE, "op", ports)
    assert drain_instance(INSTANCE, "another", ports) == first
    assert len(ports.memory.journal) == 2


def test_taken_back_its_agent_is_told_and_its_slots_are_published() -> None:
    ports, first, second = two_slots()
    launch(ports)
    drain_instance(INSTANCE, "op", ports)
    (waiting,) = [each for each in ports.slots.list_of_instance(INSTANCE) if each.state is SlotState.RESETTING]
    member = undrain_instance(INSTANCE, "op", ports)
    assert (member.instance.state, member.instance.status_reason) == (InstanceState.READY, None)
    after = ports.slots.get(waiting.slot_id)
    assert (after.state, after.epoch, after.deadline_at) == (
        SlotState.RESETTING,
        waiting.epoch,
        ports.now() + BACK_WITHIN_S,
    )
    (told,) = ports.socket.to("agent", "slot")
    assert (told["slotId"], told["state"]) == (waiting.slot_id, "Resetting")
    assert report(ports, None, waiting, SlotEvent.READY).state is SlotState.FREE
    assert launch(ports, "bob").session.state is SessionState.ASSIGNED
    assert {first.slot_id, second.slot_id} == {each.slot_id for each in member.slots}


def test_only_an_operators_drain_is_taken_back() -> None:
    ports, *_ = two_slots()
    with pytest.raises(Conflict, match="is Ready"):
        undrain_instance(INSTANCE, "op", ports)
    slots = ports.slots.list_of_instance(INSTANCE)
    ports.fleet.drain_idle(ports.fleet.get(INSTANCE), slots, ports.now(), "scaledIn")
    with pytest.raises(Conflict, match="only a drain by an operator"):
        undrain_instance(INSTANCE, "op", ports)


def test_what_keeps_changing_is_given_up() -> None:
    ports, *_ = two_slots()

    def interrupt(step: str) -> None:
        if step == "fleet.drain":
            change_instance(ports, INSTANCE, version=ports.fleet.get(INSTANCE).version + 1)

    ports.memory.between = interrupt
    with pytest.raises(Conflict, match="keeps changing"):
        drain_instance(INSTANCE, "op", ports)
    assert ports.fleet.get(INSTANCE).state is InstanceState.READY
