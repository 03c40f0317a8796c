"""The doors of operators: pools set, looked at, halted; instances drained. Each call, and each way to be wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from greenroom.domain.instance.instance import InstanceState, Notice, NoticeKind
from greenroom.domain.journal.pool import PoolEntry
from greenroom.domain.pool.pool import Placement
from greenroom.domain.slot.slot import SlotState
from greenroom.domain.times import iso
from greenroom_lab.memory.ports import FakePorts

from tests.builders import an_instance
from tests.fakes.stage import launch, slot_of, stage
from tests.fakes.store import (
    change,
    change_application,
    change_instance,
    change_policy,
    change_pool,
    count_taken,
    snapshot,
    the_instance,
)
from tests.functions.invocations import body_of, handle_of, operate, sample
from tests.functions.openapi import fits

VIEWER = "viewers,tenant-acme"
PUT, PATCH = "PUT /pools/{poolId}", "PATCH /pools/{poolId}"
ALL, ONE = "GET /pools", "GET /pools/{poolId}"
INSTANCES, DECISIONS = "GET /pools/{poolId}/instances", "GET /pools/{poolId}/decisions"
HALT, RESUME = "POST /pools/{poolId}/halt", "POST /pools/{poolId}/resume"
DRAIN, UNDRAIN = "POST /instances/{instanceId}/drain", "DELETE /instances/{instanceId}/drain"
POOL = {"applicationId": "demo", "policy": {"alwaysOn": 0, "targetIdle": 1, "maximum": 8}}
DEFAULTS = {"warmInstances": 0, "scaleInAfter_s": 120, "scaleInStep": 10, "spotShare": 100, "placement": "packed"}


def pool(function: str, route: str, body: Any, ports: FakePorts, groups: str = "operators,tenant-acme") -> Any:
    return operate(function, route, body, ports, groups, poolId="demo")


# -- configuring


def test_a_pool_is_stored_whole_with_defaults_and_planned() -> None:
    ports = stage(1)
    stored = pool("configure_catalog", PUT, POOL, ports)
    assert stored["statusCode"] == 200
    assert body_of(stored) == {
        "poolId": "demo",
        "applicationId": "demo",
        "policy": {"alwaysOn": 0, "targetIdle": 1, "maximum": 8, **DEFAULTS},
        "instanceTypes": ["g5.xlarge"],
        "markets": ["spot", "on-demand"],
        "tiers": {"standard": 0},
        "lineLimit": 1000,
    }
    fits("StoredPool", body_of(stored))
    assert ports.bus.kinds() == ["PoolChanged"]


def test_each_part_of_a_policy_is_kept() -> None:
    ports = stage(1)
    policy = {"alwaysOn": 2, "targetIdle": 3, "maximum": 8, "warmInstances": 4, "scaleInAfter_s": 0}
    policy |= {"scaleInStep": 1, "spotShare": 40, "placement": "distributed"}
    sent = {**POOL, "policy": policy, "instanceTypes": ["g6.xlarge", "g5.xlarge"], "markets": ["on-demand"]}
    assert pool("configure_catalog", PUT, sent, ports)["statusCode"] == 200
    read = body_of(pool("read_pools", ONE, None, ports))
    assert {name: read[name] for name in sent} == sent


def test_who_goes_first_and_how_many_may_wait_is_set_and_kept() -> None:
    ports = stage(1)
    pool("configure_catalog", PUT, {**POOL, "tiers": {"vip": 600}, "lineLimit": 5}, ports)
    kept = pool("configure_catalog", PATCH, {"markets": ["spot"]}, ports)
    assert (body_of(kept)["tiers"], body_of(kept)["lineLimit"]) == ({"standard": 0, "vip": 600}, 5)
    changed = pool("configure_catalog", PATCH, {"tiers": {"crew": 60, "standard": 10}, "lineLimit": 7}, ports)
    assert (body_of(changed)["tiers"], body_of(changed)["lineLimit"]) == ({"standard": 10, "crew": 60}, 7)
    fits("StoredPool", body_of(changed))


def test_a_patch_keeps_what_it_does_not_name() -> None:
    ports = stage(1)
    pool("configure_catalog", PUT, {**POOL, "instanceTypes": ["g6.xlarge"]}, ports)
    changed = pool("configure_catalog", PATCH, {"policy": {"placement": "distributed", "targetIdle": 5}}, ports)
    assert changed["statusCode"] == 200
    assert body_of(changed)["policy"] == {
        **DEFAULTS,
        "alwaysOn": 0,
        "targetIdle": 5,
        "maximum": 8,
        "placement": "distributed",
    }
    assert body_of(changed)["instanceTypes"] == ["g6.xlarge"]
    assert body_of(pool("configure_catalog", PATCH, {"markets": ["spot"]}, ports))["markets"] == ["spot"]
    assert ports.bus.kinds() == ["PoolChanged"] * 3
    assert ports.catalog.pool("demo").policy.placement is Placement.DISTRIBUTED


WRONG = [
    ("policy", {"policy": 1}),
    ("policy.alwaysOn", {"policy": {"alwaysOn": 9, "targetIdle": 0, "maximum": 8}}),
    ("policy.targetIdle", {"policy": {"alwaysOn": 0, "targetIdle": -1, "maximum": 8}}),
    ("policy.targetIdle", {"policy": {"alwaysOn": 0, "targetIdle": 9, "maximum": 8}}),
    ("policy.maximum", {"policy": {"alwaysOn": 0, "targetIdle": 0, "maximum": 1}}),
    ("policy.maximum", {"policy": {"alwaysOn": 0, "targetIdle": 0, "maximum": "8"}}),
    ("policy.minimum", {"policy": {"alwaysOn": 0, "targetIdle": 0, "maximum": 8, "minimum": 1}}),
    ("policy.warmInstances", {"policy": {**POOL["policy"], "warmInstances": 9}}),  # type: ignore[dict-item]
    ("policy.scaleInAfter_s", {"policy": {**POOL["policy"], "scaleInAfter_s": 86401}}),  # type: ignore[dict-item]
    ("policy.scaleInStep", {"policy": {**POOL["policy"], "scaleInStep": 0}}),  # type: ignore[dict-item]
    ("policy.spotShare", {"policy": {**POOL["policy"], "spotShare": 101}}),  # type: ignore[dict-item]
    ("policy.placement", {"policy": {**POOL["policy"], "placement": "scattered"}}),  # type: ignore[dict-item]
    ("instanceTypes", {"instanceTypes": []}),
    ("instanceTypes", {"instanceTypes": ["G5"]}),
    ("instanceTypes", {"instanceTypes": ["g5.xlarge", "g5.xlarge"]}),
    ("markets", {"markets": ["black"]}),
    ("markets", {"markets": []}),
    ("tiers", {"tiers": ["vip"]}),
    ("lineLimit", {"lineLimit": 0}),
    ("lineLimit", {"lineLimit": 5001}),
    ("tiers", {"tiers": {"a b": 1}}),
    ("tiers", {"tiers": {f"t{n}": n for n in range(17)}}),
    ("tiers.vip", {"tiers": {"vip": 86_401}}),
    ("tiers.vip", {"tiers": {"vip": None}}),
    ("tiers.vip", {"tiers": {"vip": -1}}),
    ("markets", {"markets": "spot"}),
    ("colour", {"colour": "red"}),
]
ONLY_WHOLE = [
    ("applicationId", {"applicationId": None}),
    ("policy.maximum", {"policy": {"alwaysOn": 0, "targetIdle": 0}}),
    ("policy.alwaysOn", {"policy": {"targetIdle": 0, "maximum": 8}}),
]
ONLY_PART = [
    ("policy.targetIdle", {"policy": {"targetIdle": 9}}),
    ("policy.alwaysOn", {"policy": {"alwaysOn": 9, "maximum": 8}}),
    ("policy.maximum", {"policy": {"maximum": 2}}),
    ("applicationId", {"applicationId": "other"}),
    ("body", "[]"),
]


def two_slots_an_instance() -> FakePorts:
    ports = stage(0)
    change_application(ports, slots_per_instance=2)
    change_policy(ports, target_idle=4, maximum=8)
    return ports


@pytest.mark.parametrize(
    ("route", "field", "body"),
    [
        *((PUT, field, {**POOL, **change}) for field, change in [*WRONG, *ONLY_WHOLE]),
        *((PATCH, field, change) for field, change in [*WRONG, *ONLY_PART]),
    ],
)
def test_a_wrong_pool_is_refused_by_field(route: str, field: str, body: Any) -> None:
    ports = two_slots_an_instance()
    before = snapshot(ports).pools
    answer = pool("configure_catalog", route, body, ports)
    assert (answer["statusCode"], body_of(answer).get("field")) == (400, field)
    assert body_of(answer)["detail"].startswith(f"{field}: ")
    assert snapshot(ports).pools == before
    assert not ports.bus.events
    assert not ports.memory.journal


def test_too_large_a_part_is_blamed_with_what_to_do() -> None:
    ports = two_slots_an_instance()
    idle = body_of(pool("configure_catalog", PATCH, {"policy": {"targetIdle": 9}}, ports))["detail"]
    assert idle == "policy.targetIdle: must be at most 8, the maximum: lower it, or raise policy.maximum"
    maximum = body_of(pool("configure_catalog", PATCH, {"policy": {"maximum": 2}}, ports))["detail"]
    assert maximum == "policy.maximum: must be at least 4, the pool's policy.targetIdle: lower that as well"


def test_a_spot_share_without_the_spot_market_is_fine() -> None:
    ports = stage(1)
    body = {"policy": {"spotShare": 50}, "markets": ["on-demand"]}
    assert pool("configure_catalog", PATCH, body, ports)["statusCode"] == 200


def test_a_change_that_is_overtaken_again_and_again_is_409() -> None:
    ports = stage(1)

    def overtaken(step: str) -> None:
        if step == "catalog.save_pool":
            change_pool(ports, version=ports.catalog.pool("demo").version + 1)

    ports.memory.between = overtaken
    answer = pool("configure_catalog", PATCH, {"policy": {"targetIdle": 2}}, ports)
    assert (answer["statusCode"], body_of(answer)["type"].rpartition("/")[2]) == (409, "conflict")
    assert not ports.memory.journal


# -- looking


def test_an_application_that_names_the_pool_of_another_one_is_refused_with_the_remedy() -> None:
    ports = stage(1)
    body = {"name": "B", "kind": "null", "command": [], "slotsPerInstance": 1, "poolId": "demo"}
    route = "PUT /applications/{applicationId}"
    refused = operate("configure_catalog", route, body, ports, applicationId="b")
    assert (refused["statusCode"], body_of(refused)["field"]) == (400, "poolId")
    assert "PUT /pools/demo" in body_of(refused)["detail"]
    pool("configure_catalog", PUT, {**POOL, "applicationId": "b"}, ports)
    assert operate("configure_catalog", route, body, ports, applicationId="b")["statusCode"] == 200


def test_a_pool_is_shown_with_what_it_holds_and_wants() -> None:
    ports = stage(2, target_idle=2)
    launch(ports)
    launch(ports, "bob")
    launch(ports, "cy")
    assert body_of(pool("read_pools", ONE, None, ports))["demand"] == {"wanted": 5, "supply": 2}
    ports.pools.reserve_for_event("demo", "evt-1", 3, ports.now())
    ports.pools.open_event("demo", "evt-1")  # two are taken
    count_taken(ports)
    read = body_of(pool("read_pools", ONE, None, ports))
    fits("PoolView", read)
    assert read["instances"] == {"Ready": 2}
    assert read["slots"] == {"free": 0, "reserved": 2, "streaming": 0, "resetting": 0, "retired": 0}
    assert read["queued"] == 1
    assert read["events"] == [{"eventId": "evt-1", "slots": 3, "left": 2}]
    assert read["halted"] is None
    assert body_of(operate("read_pools", ALL, None, ports)) == {"pools": [read]}


def test_a_pool_without_its_application_is_shown_empty() -> None:
    ports = FakePorts()
    pool("configure_catalog", PUT, POOL, ports)
    read = body_of(pool("read_pools", ONE, None, ports))
    fits("PoolView", read)
    assert read["demand"] == {"wanted": 0, "supply": 0}
    assert body_of(operate("read_pools", ALL, None, FakePorts())) == {"pools": []}


def test_instances_are_shown_oldest_first_with_their_slots_and_notices() -> None:
    ports = stage(2)
    session = launch(ports).session
    held = slot_of(ports, session)
    now = ports.now()
    notice = Notice(NoticeKind.SPOT_INTERRUPTION, now, now + 120)
    change(ports, an_instance(held.instance_id), launched_at=now - 60, ready_at=now - 30, notice=notice)
    first, second = body_of(pool("read_pools", INSTANCES, None, ports))["instances"]
    for view in (first, second):
        fits("InstanceView", view)
    assert first == {
        "instanceId": held.instance_id,
        "poolId": "demo",
        "state": "Ready",
        "statusReason": None,
        "market": "spot",
        "instanceType": "g5.xlarge",
        "zone": "us-east-1a",
        "launchedAt": iso(now - 60),
        "readyAt": iso(now - 30),
        "notice": {"kind": "spotInterruption", "at": iso(now), "endsAt": iso(now + 120)},
        "slots": [{"slotId": held.slot_id, "number": 1, "state": "Reserved", "sessionId": session.session_id}],
    }
    assert (second["notice"], second["readyAt"]) == (None, None)


def decisions(ports: FakePorts, limit: str | None = None) -> dict[str, Any]:
    event = sample("read_pools")
    event["queryStringParameters"] = None if limit is None else {"limit": limit}
    answer: dict[str, Any] = handle_of("read_pools")(event, ports)
    return answer


@dataclass(frozen=True, slots=True)
class SomethingDecided(PoolEntry):
    """An entry as it may come one day."""

    rule: str | None = None
    viewer_id: str | None = None
    ids: frozenset[str] | None = None


def test_decisions_are_shown_newest_first_without_who_plays() -> None:
    ports = stage(1)
    pool("configure_catalog", PUT, POOL, ports)
    ports.time += 1
    ports.journal.append(SomethingDecided("demo", "x", "ada", frozenset({"b", "a"})), ports.now())
    ports.journal.append(SomethingDecided("other"), ports.now())
    newest, first = body_of(decisions(ports))["decisions"]
    assert newest == {"at": iso(ports.now()), "kind": "SomethingDecided", "rule": "x", "ids": ["a", "b"]}
    fits("Decision", newest)
    assert (first["kind"], first["operator"]) == ("PoolConfigured", "op")
    assert first["before"]["policy"]["maximum"] == 100
    assert first["after"]["policy"]["maximum"] == 8
    assert len(body_of(decisions(ports, "1"))["decisions"]) == 1


@pytest.mark.parametrize("limit", ["0", "201", "-1", "1.5", "", "many", "9" * 30])
def test_a_wrong_limit_is_named(limit: str) -> None:
    answer = decisions(stage(1), limit)
    assert (answer["statusCode"], body_of(answer)["field"]) == (400, "limit")


# -- halting


def test_a_pool_is_halted_once_and_resumed_once() -> None:
    ports = stage(1)
    halt = sample("operate_pool")
    halted = handle_of("operate_pool")(halt, ports)
    assert halted["statusCode"] == 200
    fits("PoolView", body_of(halted))
    by = halt["requestContext"]["authorizer"]["lambda"]["viewerId"]
    first = {"reason": "the new build shows a black screen", "at": iso(ports.now()), "by": by}
    assert body_of(halted)["halted"] == first
    ports.time += 5
    again = pool("operate_pool", HALT, {"reason": "another"}, ports)
    assert body_of(again)["halted"] == first
    resumed = pool("operate_pool", RESUME, None, ports)
    assert (resumed["statusCode"], body_of(resumed)["halted"]) == (200, None)
    assert pool("operate_pool", RESUME, None, ports)["statusCode"] == 200
    assert ports.bus.kinds() == ["PoolHalted", "PoolResumed", "PoolChanged"]
    assert [each.entry.kind for each in ports.memory.journal] == ["PoolHalted", "PoolResumed"]
    assert ports.pools.read("demo").halted is None


@pytest.mark.parametrize(
    ("field", "body"),
    [("reason", {}), ("reason", {"reason": "  "}), ("reason", {"reason": "x" * 201}), ("why", {"why": "x"})],
)
def test_a_halt_without_a_reason_is_refused(field: str, body: Any) -> None:
    ports = stage(1)
    answer = pool("operate_pool", HALT, body, ports)
    assert (answer["statusCode"], body_of(answer)["field"]) == (400, field)
    assert ports.pools.read("demo").halted is None


# -- draining


def test_a_drain_is_answered_with_the_instance_and_can_be_taken_back() -> None:
    ports = stage(1)
    session = launch(ports).session
    slot = slot_of(ports, session)
    drained = operate("drain_instance", DRAIN, None, ports, instanceId=slot.instance_id)
    assert drained["statusCode"] == 202
    fits("InstanceView", body_of(drained))
    assert (body_of(drained)["state"], body_of(drained)["statusReason"]) == ("Draining", "operatorDrain")
    assert body_of(drained)["slots"][0]["state"] == "Reserved"
    assert operate("drain_instance", DRAIN, None, ports, instanceId=slot.instance_id) == drained
    back = operate("drain_instance", UNDRAIN, None, ports, instanceId=slot.instance_id)
    assert back["statusCode"] == 200
    assert (body_of(back)["state"], body_of(back)["statusReason"]) == ("Ready", None)
    assert operate("drain_instance", UNDRAIN, None, ports, instanceId=slot.instance_id)["statusCode"] == 409


@pytest.mark.parametrize("state", ["Launching", "Interrupted", "Quarantined", "Stopped", "Terminating", "Terminated"])
def test_what_is_not_in_service_cannot_be_drained(state: str) -> None:
    ports = stage(1, SlotState.RETIRED)
    instance_id = the_instance(ports).instance_id
    change_instance(ports, instance_id, state=InstanceState(state))
    answer = operate("drain_instance", DRAIN, None, ports, instanceId=instance_id)
    assert answer["statusCode"] == 409
    assert state in body_of(answer)["detail"]


# -- for whom, and of what


CALLS = [
    ("configure_catalog", PUT, {}),
    ("configure_catalog", PATCH, {}),
    *(("read_pools", route, None) for route in (ALL, ONE, INSTANCES, DECISIONS)),
    ("operate_pool", HALT, {"reason": "x"}),
    ("operate_pool", RESUME, None),
    ("drain_instance", DRAIN, None),
    ("drain_instance", UNDRAIN, None),
]


@pytest.mark.parametrize(("function", "route", "body"), CALLS)
def test_only_operators_may(function: str, route: str, body: Any) -> None:
    ports = stage(1)
    instance_id = the_instance(ports).instance_id
    answer = operate(function, route, body, ports, VIEWER, poolId="demo", instanceId=instance_id)
    assert answer["statusCode"] == 403
    assert not ports.memory.journal
    assert not ports.bus.events


@pytest.mark.parametrize(("function", "route", "body"), [each for each in CALLS if each[1] not in (PUT, ALL)])
def test_what_is_not_there_is_404(function: str, route: str, body: Any) -> None:
    ports = stage(1)
    answer = operate(function, route, body, ports, poolId="nowhere", instanceId="i-00000000")
    assert answer["statusCode"] == 404
    assert not ports.memory.journal


def test_the_samples_are_calls_that_succeed() -> None:
    ports = stage(1)
    instance_id = the_instance(ports).instance_id
    for function, status in (("configure_catalog", 200), ("read_pools", 200), ("operate_pool", 200)):
        assert handle_of(function)(sample(function), ports)["statusCode"] == status
    event = sample("drain_instance")
    event["pathParameters"] = {"instanceId": instance_id}
    assert handle_of("drain_instance")(event, ports)["statusCode"] == 202
