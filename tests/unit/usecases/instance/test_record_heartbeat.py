"""Heartbeats: leases, truth, and who may not speak."""

from __future__ import annotations

import pytest
from greenroom.domain.errors import InstanceHasEnded, StaleBoot, UnknownInstance
from greenroom.domain.instance.instance import InstanceState
from greenroom.domain.slot.slot import SlotState
from greenroom.domain.socket.connection import PeerKind
from greenroom.usecases.instance.record_heartbeat import record_heartbeat
from greenroom.usecases.socket.issue_socket_ticket import issue_socket_ticket
from greenroom_lab.memory.ports import FakePorts

from tests.builders import NONCE, an_instance
from tests.fakes.stage import joined, launch, slot_of, stage
from tests.fakes.store import change_instance, put, tickets

LEASE_S = 45


def held() -> tuple[FakePorts, str, str, int]:
    """A slot held by a session whose page has joined: ports, instance, slot, epoch."""
    ports = stage(1)
    session = launch(ports).session
    joined(ports, session, "c-1")
    slot = slot_of(ports, session)
    return ports, slot.instance_id, slot.slot_id, slot.epoch


def test_a_held_slot_keeps_its_lease_and_the_answer_is_the_truth() -> None:
    ports, instance_id, slot_id, epoch = held()
    ports.time += 50
    heard = record_heartbeat(instance_id, NONCE, {slot_id: epoch}, LEASE_S, ports)
    (truth,) = heard.slots
    assert (truth.slot.state, truth.slot.epoch, truth.join_number) == (SlotState.RESERVED, epoch, 1)
    assert ports.slots.get(slot_id).lease_until == ports.now() + LEASE_S
    assert ports.fleet.get(instance_id).heartbeat_at == ports.now()
    assert heard.instance_state is InstanceState.READY


def test_an_agent_that_does_not_know_of_its_session_renews_nothing_but_is_told() -> None:
    ports, instance_id, slot_id, epoch = held()
    ports.time += 50
    heard = record_heartbeat(instance_id, NONCE, {slot_id: epoch - 1}, LEASE_S, ports)
    assert heard.slots[0].slot.epoch == epoch
    assert ports.slots.get(slot_id).lease_until != ports.now() + LEASE_S


def test_naming_another_instances_slot_changes_nothing() -> None:
    ports, instance_id, slot_id, epoch = held()
    put(ports, an_instance("i-0000000f"))
    before = ports.slots.get(slot_id)
    ports.time += 50
    record_heartbeat("i-0000000f", NONCE, {slot_id: epoch}, LEASE_S, ports)
    assert ports.slots.get(slot_id) == before
    assert instance_id != "i-0000000f"


def test_strangers_and_earlier_boots_are_refused_and_change_nothing() -> None:
    ports, instance_id, slot_id, epoch = held()
    before = ports.fleet.get(instance_id)
    ports.time += 50
    with pytest.raises(StaleBoot):
        record_heartbeat(instance_id, "f" * 32, {slot_id: epoch}, LEASE_S, ports)
    with pytest.raises(UnknownInstance):
        record_heartbeat("i-0000ffff", NONCE, {slot_id: epoch}, LEASE_S, ports)
    assert ports.fleet.get(instance_id) == before


def test_an_agent_whose_instance_was_written_off_is_told_to_stop_and_feeds_nothing() -> None:
    """It may run still: accepted heartbeats would keep its dead-man timer from ending it."""
    ports, instance_id, slot_id, epoch = held()
    change_instance(ports, instance_id, state=InstanceState.TERMINATED)
    before, lease = ports.fleet.get(instance_id), ports.slots.get(slot_id).lease_until
    ports.time += 50
    with pytest.raises(InstanceHasEnded):
        record_heartbeat(instance_id, NONCE, {slot_id: epoch}, LEASE_S, ports)
    assert (ports.fleet.get(instance_id), ports.slots.get(slot_id).lease_until) == (before, lease)


def test_an_agents_ticket_names_its_instance_and_boot() -> None:
    ports, instance_id, *_ = held()
    issued = issue_socket_ticket(instance_id, NONCE, ports)
    assert issued.expires_at == ports.now() + 60
    stored = next(each for each in tickets(ports).values() if each.kind is PeerKind.AGENT)
    assert (stored.instance_id, stored.boot_nonce) == (instance_id, NONCE)
    with pytest.raises(StaleBoot):
        issue_socket_ticket(instance_id, "f" * 32, ports)
    with pytest.raises(UnknownInstance):
        issue_socket_ticket("i-0000ffff", NONCE, ports)
