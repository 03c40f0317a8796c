"""What EC2 says of instances, and who hears of it: real events through the filter, looks, heartbeats."""

from __future__ import annotations

from typing import Any

import pytest
from greenroom.domain.errors import InvalidField, NotFound
from greenroom.domain.instance.instance import InstanceState, Notice, NoticeKind
from greenroom.domain.session.session import SessionState
from greenroom.domain.slot.slot import SlotState
from greenroom.domain.times import epoch_seconds, iso
from greenroom.ports.instance import Ec2State
from greenroom_lab.memory.ports import FakePorts

from tests.builders import NONCE
from tests.fakes.stage import add_slot, launch, slot_of, stage
from tests.fakes.store import change, change_instance, the_instance, the_session
from tests.functions.invocations import HEARTBEAT, SETTINGS, agent_event, body_of, handle_of, sample

OURS = "i-0123456789abcdef0"

# Source: EC2 user guide; ids and times are ours.
WARNING: dict[str, Any] = sample("record_interruption")
REBALANCE: dict[str, Any] = {
    "version": "0",
    "id": "12345678-1234-1234-1234-123456789012",
    "detail-type": "EC2 Instance Rebalance Recommendation",
    "source": "aws.ec2",
    "account": "123456789012",
    "time": "2026-01-31T12:00:00Z",
    "region": "us-east-1",
    "resources": [f"arn:aws:ec2:us-east-1a:instance/{OURS}"],
    "detail": {"instance-id": OURS},
}
STATE_CHANGE: dict[str, Any] = {
    "version": "0",
    "id": "7bf73129-1428-4cd3-a780-95db273d1602",
    "detail-type": "EC2 Instance State-change Notification",
    "source": "aws.ec2",
    "account": "123456789012",
    "time": "2026-01-31T12:00:00Z",
    "region": "us-east-1",
    "resources": [f"arn:aws:ec2:us-east-1:123456789012:instance/{OURS}"],
    "detail": {"instance-id": OURS, "state": "shutting-down"},
}
AT = epoch_seconds("2026-01-31T12:00:00Z")


def turned(state: str) -> dict[str, Any]:
    return {**STATE_CHANGE, "detail": {"instance-id": OURS, "state": state}}


def house(state: InstanceState = InstanceState.READY, ec2: Ec2State = Ec2State.RUNNING) -> FakePorts:
    """One instance of ours, a second after the event."""
    ports = stage(0)
    ports.time = AT - 600
    add_slot(ports, OURS, SlotState.FREE)
    change_instance(ports, OURS, state=state)
    ports.ec2.add(OURS)
    ports.ec2.set(OURS, ec2)
    ports.time = AT + 1
    return ports


def note(ports: FakePorts, event: dict[str, Any]) -> list[dict[str, Any]]:
    """What goes on to our bus."""
    before = len(ports.bus.events)
    answer = handle_of("record_interruption")(event, ports)
    told = [each.detail() for each in ports.bus.events[before:]]
    assert answer == {"noted": bool(told)}
    return told


def test_a_warning_goes_on_with_the_time_it_leaves() -> None:
    ports = house()
    assert note(ports, WARNING) == [
        {
            "instanceId": OURS,
            "poolId": "demo",
            "kind": "spotInterruption",
            "noticedAt": "2026-01-31T12:00:00.000Z",
            "endsAt": "2026-01-31T12:02:00.000Z",
        }
    ]
    assert ports.fleet.get(OURS).notice is None  # the evacuation writes it


def test_advice_goes_on_without_an_end() -> None:
    (told,) = note(house(), REBALANCE)
    assert (told["kind"], told["endsAt"]) == ("rebalance", None)


@pytest.mark.parametrize("state", ["shutting-down", "stopping", "stopped", "terminated"])
def test_an_end_nobody_asked_for_goes_on(state: str) -> None:
    (told,) = note(house(ec2=Ec2State(state)), turned(state))
    assert (told["kind"], told["endsAt"]) == ("instanceGone", None)


@pytest.mark.parametrize("state", ["pending", "running"])
def test_a_beginning_is_no_loss(state: str) -> None:
    assert note(house(), turned(state)) == []


@pytest.mark.parametrize("event", [WARNING, REBALANCE, STATE_CHANGE])
def test_other_instances_of_the_account_are_nobodys_business(event: dict[str, Any]) -> None:
    other = {**event, "detail": {**event["detail"], "instance-id": "i-0aaaaaaaaaaaaaaaa"}}
    assert note(house(ec2=Ec2State.SHUTTING_DOWN), other) == []


@pytest.mark.parametrize(
    "state", [InstanceState.TERMINATING, InstanceState.TERMINATED, InstanceState.STOPPED, InstanceState.QUARANTINED]
)
@pytest.mark.parametrize("event", [WARNING, REBALANCE, STATE_CHANGE, turned("stopped")])
def test_what_we_end_or_stop_ourselves_is_no_news(event: dict[str, Any], state: InstanceState) -> None:
    assert note(house(state, Ec2State.STOPPED), event) == []


def test_a_late_stop_of_an_instance_that_was_started_again_is_not_believed() -> None:
    assert note(house(InstanceState.BOOTING, Ec2State.RUNNING), turned("stopped")) == []


@pytest.mark.parametrize(("late_s", "heard"), [(1, 1), (179, 1), (181, 0), (86_400, 0)])
def test_a_warning_that_came_too_late_to_be_true_is_not_believed(late_s: float, heard: int) -> None:
    ports = house()
    ports.time = AT + late_s
    assert len(note(ports, WARNING)) == heard


def test_an_event_of_before_the_launch_is_not_of_this_instance() -> None:
    ports = house()
    change(ports, the_instance(ports), launched_at=AT + 1)
    assert note(ports, WARNING) == []


def test_only_what_is_stronger_than_what_is_known_goes_on() -> None:
    ports = house(ec2=Ec2State.SHUTTING_DOWN)
    change(ports, the_instance(ports), notice=Notice(NoticeKind.SPOT_INTERRUPTION, AT, AT + 120))
    assert note(ports, WARNING) == note(ports, REBALANCE) == []
    assert len(note(ports, STATE_CHANGE)) == 1


def test_an_interrupted_instance_that_is_gone_before_its_time_is_news() -> None:
    assert len(note(house(InstanceState.INTERRUPTED, Ec2State.SHUTTING_DOWN), STATE_CHANGE)) == 1
    assert note(house(InstanceState.INTERRUPTED), WARNING) == []


@pytest.mark.parametrize(
    ("field", "event"),
    [
        ("detail", {**WARNING, "detail": "gone"}),
        ("detail.instance-id", {**WARNING, "detail": {"instance-action": "terminate"}}),
        ("detail.instance-id", {**REBALANCE, "detail": {"instance-id": 7}}),
        ("detail.state", {**STATE_CHANGE, "detail": {"instance-id": OURS}}),
        ("time", {**WARNING, "time": "soon"}),
        ("time", {name: value for name, value in STATE_CHANGE.items() if name != "time"}),
    ],
)
def test_an_event_that_is_not_as_ec2_sends_it_is_refused_by_its_field(field: str, event: dict[str, Any]) -> None:
    ports = house()
    with pytest.raises(InvalidField) as refused:
        handle_of("record_interruption")(event, ports)
    assert refused.value.field == field
    assert ports.bus.events == []


def test_what_tells_of_no_loss_is_not_looked_into() -> None:
    assert note(house(), {"detail-type": "EC2 Instance Something New", "detail": None}) == []


# -- a look


def test_a_look_answers_whether_another_is_needed() -> None:
    ports = house()
    launch(ports)
    given = sample("evacuate_instance")
    assert handle_of("evacuate_instance")(given, ports) == {"done": False, "held": 1}
    assert ports.fleet.get(OURS).notice == Notice(NoticeKind.SPOT_INTERRUPTION, AT, AT + 120)
    assert the_session(ports).state is SessionState.MIGRATING
    with pytest.raises(NotFound):
        handle_of("evacuate_instance")({**given, "instanceId": "i-0aaaaaaaaaaaaaaaa"}, ports)
    assert handle_of("evacuate_instance")({**given, "kind": "rebalance", "endsAt": None}, house())["done"]


# -- what the agent itself read in IMDS


def beat(ports: FakePorts, notice: object = None) -> dict[str, Any]:
    body = {"bootNonce": NONCE, "slots": [], **({"notice": notice} if notice is not None else {})}
    answer: dict[str, Any] = handle_of("record_heartbeat")(agent_event(HEARTBEAT, body, OURS), ports, SETTINGS)
    return answer


def test_an_agents_notice_is_announced_once_and_a_stronger_one_again() -> None:
    ports = house()
    for kind in ("rebalance", "rebalance", "spotInterruption", "spotInterruption", "rebalance"):
        assert beat(ports, {"kind": kind, "at": iso(AT + 90)})["statusCode"] == 200
    told = [each.detail() for each in ports.bus.events]
    assert [(each["kind"], each["endsAt"]) for each in told] == [
        ("rebalance", None),
        ("spotInterruption", iso(AT + 90)),
    ]
    assert ports.fleet.get(OURS).notice == Notice(NoticeKind.SPOT_INTERRUPTION, AT + 1, AT + 90)


def test_an_agents_clock_cannot_put_the_end_off() -> None:
    ports = house()
    beat(ports, {"kind": "spotInterruption", "at": iso(AT + 9_000)})
    assert [each.detail()["endsAt"] for each in ports.bus.events] == [iso(AT + 121)]


def test_an_agent_whose_instance_we_end_is_not_news() -> None:
    ports = house(InstanceState.TERMINATING)
    beat(ports, {"kind": "spotInterruption", "at": iso(AT + 90)})
    assert ports.bus.events == []


def test_a_notice_still_renews_the_leases_of_those_who_play() -> None:
    ports = house()
    session = launch(ports).session
    slot = slot_of(ports, session)
    body = {
        "bootNonce": NONCE,
        "slots": [{"slotId": slot.slot_id, "epoch": slot.epoch}],
        "notice": {"kind": "spotInterruption", "at": iso(AT + 90)},
    }
    handle_of("record_heartbeat")(agent_event(HEARTBEAT, body, OURS), ports, SETTINGS)
    assert slot_of(ports, session).lease_until == max(slot.lease_until or 0, ports.now() + 45)


@pytest.mark.parametrize(
    ("notice", "field"),
    [
        ({"kind": "hibernate", "at": iso(AT)}, "notice.kind"),
        ({"kind": "rebalance"}, "notice.at"),
        ({"kind": "rebalance", "at": "soon"}, "notice.at"),
        ("soon", "notice"),
    ],
)
def test_a_malformed_notice_is_named(notice: object, field: str) -> None:
    answer = beat(house(), notice)
    assert (answer["statusCode"], body_of(answer)["field"]) == (400, field)
