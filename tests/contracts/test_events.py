"""What every store of scheduled events must do, what schedules are, and how the account is asked; on fakes and moto."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import boto3
import botocore.client
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from greenroom.aws import clients
from greenroom.aws.event.event_rows import event_row
from greenroom.aws.event.scheduled_events import DynamoScheduledEvents
from greenroom.aws.event.schedules import EventBridgeSchedules
from greenroom.aws.pool.pools import DynamoPools
from greenroom.aws.quota.account_facts import AwsAccountFacts
from greenroom.domain.errors import Conflict, FactUnavailable, NotFound
from greenroom.domain.event.preflight import Check, CheckStatus, Preflight
from greenroom.domain.event.scheduled_event import EventReservation, EventStep, ScheduledEvent
from greenroom.ports.quota import Subnet
from greenroom_lab.memory.ports import FakePorts

from tests.builders import NOW, an_event
from tests.contracts.houses import KINDS, REGION, DynamoHouse

EVENT = "evt-abcdefghijklmnopqrstuvwx25"


class EventHouse(DynamoHouse):
    """The adapters of events beside the others."""

    def __init__(self, sessions_table: str, fleet_table: str) -> None:
        super().__init__(sessions_table, fleet_table)
        self.events = DynamoScheduledEvents(fleet_table)  # keyed as the catalog; its rows lie apart
        self.pools = DynamoPools(fleet_table)


@pytest.fixture(params=KINDS)
def house(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "memory":
        yield FakePorts()
        return
    with EventHouse.on_moto(KINDS[request.param]) as built:
        yield built


def event(event_id: str = EVENT, **facts: Any) -> ScheduledEvent:
    return an_event(event_id, time_zone="Europe/Berlin", **facts)


PREFLIGHT = Preflight(
    at=NOW,
    checks=(Check("quota", CheckStatus.WARNING, "40 vCPUs", "raise it"), Check("pool", CheckStatus.OK, "fine")),
    latest_safe_start=NOW + 6000.5,
    time_to_warm_s=260.0,
)
FULL = {
    "maximum_cost_usd": 99.5,
    "done": frozenset({EventStep.WARM, EventStep.OPEN}),
    "cancelled_at": NOW + 5,
    "preflight": PREFLIGHT,
    "version": 3,
}


def test_an_event_reads_back_as_it_was_added(house: Any) -> None:
    stored = house.events.add(event())
    assert stored == replace(event(), revision=1, changed_at=NOW)
    assert house.events.get(EVENT) == stored
    with pytest.raises(NotFound):
        house.events.get("evt-nothing")


def test_an_event_is_added_once_and_then_as_it_stands(house: Any) -> None:
    first = house.events.add(event())
    with pytest.raises(Conflict):
        house.events.add(event(name="again"))
    assert house.events.get(EVENT) == first
    assert list(house.events.list_ids()) == [EVENT]


def test_an_event_is_saved_whole_if_nobody_was_faster(house: Any) -> None:
    before = house.events.add(event())
    after = house.events.save(replace(before, **FULL), NOW + 9)
    assert (after.revision, after.changed_at) == (2, NOW + 9)
    assert house.events.get(EVENT) == after
    with pytest.raises(Conflict):
        house.events.save(replace(before, name="late"), NOW + 10)
    assert house.events.get(EVENT) == after


def test_events_are_listed_until_they_are_unlisted_and_keep_their_rows(house: Any) -> None:
    for name in ("evt-b", "evt-a"):
        house.events.add(event(name))
    assert list(house.events.list_ids()) == ["evt-a", "evt-b"]
    for _ in range(2):
        house.events.unlist("evt-a")
    assert list(house.events.list_ids()) == ["evt-b"]
    assert house.events.get("evt-a").name == "Premiere"


def test_only_the_row_of_an_event_that_is_over_expires() -> None:
    assert event_row(event())["expiresAt"] is None
    assert event_row(event(cancelled_at=NOW, changed_at=NOW))["expiresAt"] == NOW + 90 * 24 * 3600


def test_a_hold_that_shrinks_gives_back_the_difference_and_stays_open(house: Any) -> None:
    house.pools.reserve_for_event("demo", "evt-abc", 8, NOW + 600)
    house.pools.open_event("demo", "evt-abc")
    for _ in range(2):
        house.pools.reserve_for_event("demo", "evt-abc", 5, NOW + 900)
    rows = house.pools.read("demo")
    assert rows.reservations == {"evt-abc": EventReservation(5, taken_at=0)}
    assert (rows.give_back_slots, rows.give_back_until) == (3, NOW + 900)
    house.pools.reserve_for_event("demo", "evt-abc", 9, NOW + 950)
    assert house.pools.read("demo").give_back_slots == 3


# -- schedules


@contextmanager
def on_moto() -> Iterator[None]:
    with EventHouse.on_moto():
        clients.client.cache_clear()
        yield
    clients.client.cache_clear()


def test_a_schedule_fires_once_at_its_time_for_one_version() -> None:
    with on_moto():
        scheduler = boto3.client("scheduler", region_name=REGION)
        scheduler.create_schedule_group(Name="events")
        role, machine, queue = (f"arn:aws:{part}" for part in ("iam::1:role/r", "states:::m", "sqs:us-east-1:1:q"))
        schedules = EventBridgeSchedules(
            group="events", role_arn=role, state_machine_arn=machine, dead_letter_arn=queue
        )
        for _ in range(2):
            schedules.create("evt-a", 2, NOW - 0.4)
        made = scheduler.get_schedule(Name="evt-a-2", GroupName="events")
        assert made["ScheduleExpression"] == "at(2027-01-15T08:00:00)"
        assert made["ActionAfterCompletion"] == "DELETE"
        assert made["Target"]["Input"] == '{"eventId": "evt-a", "version": 2}'
        assert made["Target"]["DeadLetterConfig"]["Arn"] == queue
        for version in (1, 2, 2):
            schedules.delete("evt-a", version)
        assert scheduler.list_schedules(GroupName="events")["Schedules"] == []


# -- the account


def answering(patch: pytest.MonkeyPatch, answers: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """AWS as scripted, by operation; what was asked."""
    asked: list[tuple[str, dict[str, Any]]] = []

    def call(self: Any, name: str, arguments: dict[str, Any]) -> Any:
        asked.append((name, arguments))
        if isinstance(answers[name], Exception):
            raise answers[name]
        return answers[name]

    patch.setattr(botocore.client.BaseClient, "_make_api_call", call)
    return asked


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "secret text"}}, "Ask")


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsAccountFacts]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    clients.client.cache_clear()
    yield AwsAccountFacts("ami-1", ("subnet-a",))
    clients.client.cache_clear()


def test_quotas_are_asked_by_their_codes(account: AwsAccountFacts, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answering(monkeypatch, {"GetServiceQuota": {"Quota": {"Value": 64.0}}})
    assert (account.vcpu_quota("spot"), account.vcpu_quota("on-demand")) == (64.0, 64.0)
    codes = [arguments["QuotaCode"] for _, arguments in asked]
    assert codes == ["L-3819A6DF", "L-DB2E81BA"]


def test_what_runs_is_counted_by_type_and_market(account: AwsAccountFacts, monkeypatch: pytest.MonkeyPatch) -> None:
    spot, demand = {"InstanceType": "g5.xlarge", "InstanceLifecycle": "spot"}, {"InstanceType": "g6.xlarge"}
    answering(monkeypatch, {"DescribeInstances": {"Reservations": [{"Instances": [spot, spot, demand]}]}})
    assert account.running() == {("g5.xlarge", "spot"): 2, ("g6.xlarge", "on-demand"): 1}


def test_offerings_are_asked_by_zone(account: AwsAccountFacts, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = {"InstanceType": "g5.xlarge", "Location": "us-east-1a"}
    asked = answering(monkeypatch, {"DescribeInstanceTypeOfferings": {"InstanceTypeOfferings": [pair]}})
    assert account.offered(["g5.xlarge"]) == {("g5.xlarge", "us-east-1a")}
    assert asked[0][1]["LocationType"] == "availability-zone"


IMAGES = [
    ({"Images": [{"State": "available"}]}, "available"),
    ({"Images": []}, "missing"),
    (refused("InvalidAMIID.NotFound"), "missing"),
    (refused("InvalidAMIID.Unavailable"), "missing"),
]


@pytest.mark.parametrize(("answer", "state"), IMAGES)
def test_an_image_that_is_gone_is_missing(
    account: AwsAccountFacts, monkeypatch: pytest.MonkeyPatch, answer: Any, state: str
) -> None:
    answering(monkeypatch, {"DescribeImages": answer})
    assert account.image().state == state


FAULTS = [refused("UnauthorizedOperation"), EndpointConnectionError(endpoint_url="https://x")]


@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_be_asked_names_the_call_and_never_aws_text(
    account: AwsAccountFacts, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    calls = {
        "DescribeImages": account.image,
        "DescribeSubnets": account.subnets,
        "DescribeInstanceTypeOfferings": lambda: account.offered(["g5.xlarge"]),
        "GetServiceQuota": lambda: account.vcpu_quota("spot"),
        "DescribeInstances": account.running,
    }
    answering(monkeypatch, dict.fromkeys(calls, fault))
    for name, ask in calls.items():
        with pytest.raises(FactUnavailable, match=name) as unavailable:
            ask()
        assert "secret" not in str(unavailable.value)


def test_subnets_and_images_of_moto() -> None:
    with on_moto():
        ec2 = boto3.client("ec2", region_name=REGION)
        subnet = ec2.describe_subnets()["Subnets"][0]
        image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
        account = AwsAccountFacts(image, (subnet["SubnetId"],))
        free = subnet["AvailableIpAddressCount"]
        assert account.subnets() == [Subnet(subnet["SubnetId"], subnet["AvailabilityZone"], free)]
        assert account.image().state == "available"
        assert AwsAccountFacts("ami-00000000000000000", ()).image().state == "missing"
