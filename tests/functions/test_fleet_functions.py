"""The handlers of agents, operators and the fleet's machines, with the samples of events/samples where they fit."""

from __future__ import annotations

from typing import Any

import pytest
from greenroom.domain.instance.instance import InstanceState
from greenroom.domain.times import iso
from greenroom.entry.instance.fleet_call import fleet_answer
from greenroom.ports.instance import Ec2State
from greenroom.usecases.pool.plan_pool import plan_pool
from greenroom_lab.memory.ports import FakePorts

from tests.builders import NONCE
from tests.fakes.launching import INSTANCE, launched, planned, policy
from tests.fakes.stage import launch, slot_of, stage
from tests.fakes.store import change, change_instance, snapshot, the_instance
from tests.functions.invocations import (
    HEARTBEAT,
    REGISTER,
    SETTINGS,
    SLOT_EVENT,
    SOCKET_TICKET,
    agent_event,
    body_of,
    handle_of,
    operate,
    sample,
)


def house() -> FakePorts:
    ports = stage(0)
    policy(ports, always_on=1)
    return ports


def register(ports: FakePorts, caller: str = INSTANCE, **changes: Any) -> dict[str, Any]:
    body = {"bootNonce": NONCE, "slotCount": 2, "agentVersion": "1.0.0", "publicIp": "203.0.113.7", **changes}
    answer: dict[str, Any] = handle_of("register_instance")(agent_event(REGISTER, body, caller), ports, SETTINGS)
    return answer


# -- agents


def test_a_registered_agent_is_told_what_to_run() -> None:
    ports = house()
    launched(ports)
    answer = register(ports)
    assert answer["statusCode"] == 200
    assert body_of(answer) == {
        "instanceId": INSTANCE,
        "poolId": "demo",
        "heartbeat_s": 15,
        "lease_s": 45,
        "application": {
            "applicationId": "demo",
            "kind": "null",
            "command": [],
            "slotsPerInstance": 1,
            "startTimeout_s": 300,
        },
        "slots": [{"slotId": f"{INSTANCE}.1", "number": 1, "epoch": 0}],
        "iceServers": [{"urls": ["stun:x"]}],
    }


def test_only_a_signed_instance_that_we_launched_may_register() -> None:
    ports = house()
    launched(ports)
    assert register(ports, caller="i-0000000000009999")["statusCode"] == 403
    assert register(ports, caller="some-user")["statusCode"] == 403
    named = register(ports, caller="i-0000000000009999", instanceId=INSTANCE)
    assert named["statusCode"] == 403
    assert ports.fleet.get(INSTANCE).state is InstanceState.LAUNCHING


@pytest.mark.parametrize(
    ("desc", "role"),
    [
        ("another role of the account", "arn:aws:sts::123456789012:assumed-role/deployer"),
        ("the same name in another account", "arn:aws:sts::210987654321:assumed-role/greenroom-InstanceRole-EXAMPLE"),
        ("a longer name", "arn:aws:sts::123456789012:assumed-role/greenroom-InstanceRole-EXAMPLE2"),
        ("another partition", "arn:aws-cn:sts::123456789012:assumed-role/greenroom-InstanceRole-EXAMPLE"),
        ("a federated user", "arn:aws:sts::123456789012:federated-user"),
        ("an IAM user under a path", "arn:aws:iam::123456789012:user/assumed-role/greenroom-InstanceRole-EXAMPLE"),
        ("nothing", ""),
    ],
)
@pytest.mark.parametrize(
    ("function", "route", "body"),
    [
        ("register_instance", REGISTER, {}),
        ("record_heartbeat", HEARTBEAT, {"slots": []}),
        ("record_slot_event", SLOT_EVENT, {"slotId": f"{INSTANCE}.1", "epoch": 0, "event": "ready"}),
        ("issue_socket_ticket", SOCKET_TICKET, {}),
    ],
)
def test_whoever_names_a_session_as_an_instance_is_none_without_its_role(
    function: str, route: str, body: dict[str, Any], desc: str, role: str
) -> None:
    ports = house()
    launched(ports)
    assert register(ports)["statusCode"] == 200
    event = agent_event(route, {"bootNonce": NONCE, **body}, INSTANCE, role)
    assert handle_of(function)(event, ports, SETTINGS)["statusCode"] == 403, desc
    own = agent_event(route, {"bootNonce": NONCE, **body}, INSTANCE)
    assert handle_of(function)(own, ports, SETTINGS)["statusCode"] < 300


def test_a_later_boot_turns_an_earlier_one_away() -> None:
    ports = house()
    launched(ports)
    assert register(ports)["statusCode"] == 200
    assert register(ports, bootNonce="f" * 32)["statusCode"] == 200
    refused = register(ports)
    assert refused["statusCode"] == 409
    assert body_of(refused)["type"].endswith("/stale-boot")


@pytest.mark.parametrize("nonce", [None, "", "x" * 32, "A" * 32, 7])
def test_a_malformed_nonce_is_named(nonce: object) -> None:
    answer = register(house(), bootNonce=nonce)
    assert (answer["statusCode"], body_of(answer)["field"]) == (400, "bootNonce")


def heartbeat(ports: FakePorts, instance_id: str, slots: Any, nonce: str = NONCE) -> dict[str, Any]:
    event = agent_event(
        HEARTBEAT, {"bootNonce": nonce, "slots": slots, "instanceId": "i-0000000000009999"}, instance_id
    )
    answer: dict[str, Any] = handle_of("record_heartbeat")(event, ports, SETTINGS)
    return answer


def test_a_heartbeat_is_answered_with_the_truth() -> None:
    ports = stage(1)
    session = launch(ports).session
    slot = slot_of(ports, session)
    answer = heartbeat(ports, slot.instance_id, [{"slotId": slot.slot_id, "epoch": 0, "health": "running"}])
    assert body_of(answer) == {
        "acceptedAt": iso(ports.now()),
        "lease_s": 45,
        "instanceState": "Ready",
        "slots": [
            {
                "slotId": slot.slot_id,
                "state": "Reserved",
                "epoch": 1,
                "sessionId": session.session_id,
                "joinNumber": 0,
            }
        ],
    }


def test_heartbeats_of_strangers_earlier_boots_and_in_disorder() -> None:
    ports = stage(1)
    instance_id = the_instance(ports).instance_id
    assert heartbeat(ports, "i-0000000000009999", [])["statusCode"] == 403
    assert heartbeat(ports, instance_id, [], "f" * 32)["statusCode"] == 409
    wrong = heartbeat(ports, instance_id, [{"slotId": "x", "epoch": -1}])
    assert (wrong["statusCode"], body_of(wrong)["field"]) == (400, "slots[0].epoch")
    change_instance(ports, instance_id, state=InstanceState.TERMINATED)
    over = heartbeat(ports, instance_id, [])
    assert (over["statusCode"], body_of(over)["type"]) == (409, "https://greenroom.dev/problems/instance-ended")


def test_an_agent_gets_a_ticket_and_where_to_use_it() -> None:
    ports = stage(1)
    instance_id = the_instance(ports).instance_id
    answer = handle_of("issue_socket_ticket")(
        agent_event(SOCKET_TICKET, {"bootNonce": NONCE}, instance_id), ports, SETTINGS
    )
    assert answer["statusCode"] == 201
    assert body_of(answer)["socketUrl"] == "wss://x/socket"
    assert set(body_of(answer)) == {"ticket", "expiresAt", "socketUrl"}


# -- operators


APPLICATION = {
    "name": "Demo",
    "kind": "unreal",
    "command": ["game", "-PixelStreamingURL={streamerUrl}"],
    "slotsPerInstance": 2,
    "poolId": "demo",
    "limits": {
        "connectionTimeout_s": 60,
        "reconnectWindow_s": 30,
        "maximumSession_s": 900,
        "resetTimeout_s": 20,
        "idleWarn_s": 0,
    },
}
PUT_APPLICATION, GET_APPLICATION = "PUT /applications/{applicationId}", "GET /applications/{applicationId}"


def test_an_application_is_stored_and_read_back_by_operators_whole_and_by_viewers_in_part() -> None:
    ports = FakePorts()
    stored = operate("configure_catalog", PUT_APPLICATION, APPLICATION, ports, applicationId="demo")
    assert stored["statusCode"] == 200
    read = operate("configure_catalog", GET_APPLICATION, None, ports, applicationId="demo")
    assert body_of(read) == body_of(stored)
    standard = {"placementTimeout_s": 1200, "idleEnd_s": 30}
    assert body_of(read)["limits"] == {**APPLICATION["limits"], **standard}  # type: ignore[dict-item]
    seen = operate("configure_catalog", GET_APPLICATION, None, ports, groups="viewers,tenant-a", applicationId="demo")
    assert body_of(seen) == {"applicationId": "demo", "name": "Demo", "kind": "unreal"}


@pytest.mark.parametrize(("sent", "stored"), [({}, 300), ({"startTimeout_s": 900}, 900)])
def test_an_application_says_how_long_it_may_take_to_start(sent: dict[str, int], stored: int) -> None:
    answer = operate("configure_catalog", PUT_APPLICATION, {**APPLICATION, **sent}, FakePorts(), applicationId="demo")
    assert (answer["statusCode"], body_of(answer)["startTimeout_s"]) == (200, stored)


@pytest.mark.parametrize(
    "command",
    [
        ["game", "-RenderOffScreen"],
        ["game", "-pixelStreamingConnectionURL={streamerUrl}", "-PixelStreamingWebRTCMinPort={mediaPortFirst}"],
        ["game", "-PixelStreamingIP={streamerHost}", "-PixelStreamingPort={streamerPort}", "-PixelStreamingID=x"],
        ["game", "-MyPixelStreamingURL=ws://127.0.0.1:8888"],
    ],
)
def test_an_unreal_command_may_leave_the_slot_to_the_agent_or_name_it_by_placeholders(command: list[str]) -> None:
    body = {**APPLICATION, "command": command}
    answer = operate("configure_catalog", PUT_APPLICATION, body, FakePorts(), applicationId="demo")
    assert (answer["statusCode"], body_of(answer)["command"]) == (200, command)


def test_a_fixed_address_is_refused_with_what_to_write_instead_and_other_kinds_are_left_alone() -> None:
    body = {**APPLICATION, "command": ["game", "-pixelstreamingURL=ws://127.0.0.1:8888"]}
    answer = operate("configure_catalog", PUT_APPLICATION, body, FakePorts(), applicationId="demo")
    assert "{streamerUrl}" in body_of(answer)["detail"]
    demo = operate("configure_catalog", PUT_APPLICATION, {**body, "kind": "demo"}, FakePorts(), applicationId="demo")
    assert demo["statusCode"] == 200


@pytest.mark.parametrize(("sent", "stored"), [({}, "all"), ({"relay": "all"}, "all"), ({"relay": "relay"}, "relay")])
def test_an_application_may_insist_on_the_relay(sent: dict[str, str], stored: str) -> None:
    ports = FakePorts()
    ports.turn_urls = ("turn:turn.example",)
    answer = operate("configure_catalog", PUT_APPLICATION, {**APPLICATION, **sent}, ports, applicationId="demo")
    assert (answer["statusCode"], body_of(answer)["relay"]) == (200, stored)


def test_an_application_cannot_insist_on_a_relay_that_the_stack_does_not_have() -> None:
    ports, body = FakePorts(), {**APPLICATION, "relay": "relay"}
    answer = operate("configure_catalog", PUT_APPLICATION, body, ports, applicationId="demo")
    assert (answer["statusCode"], body_of(answer)["field"]) == (400, "relay")
    assert "TurnUrls" in body_of(answer)["detail"], "what would help"
    assert not snapshot(ports).applications


WRONG_APPLICATIONS = [
    ("name", {"name": ""}),
    ("kind", {"kind": "flash"}),
    ("startTimeout_s", {"startTimeout_s": 0}),
    ("startTimeout_s", {"startTimeout_s": 3601}),
    ("startTimeout_s", {"startTimeout_s": "60"}),
    ("command", {"command": ["game", "-PixelStreamingURL=ws://127.0.0.1:8888"]}),
    ("command", {"command": ["game", "-pixelstreamingconnectionurl=ws://127.0.0.1:8888"]}),
    ("command", {"command": ["game", '-PixelStreamingSignallingURL="wss://elsewhere"']}),
    ("command", {"command": ["game", "-PixelStreamingIP=127.0.0.1", "-PixelStreamingPort=8888"]}),
    ("command", {"command": ["game", "-PixelStreamingWebRTCMinPort=49152"]}),
    ("command", {"command": ["sh", "-c", "exec game -PixelStreamingWebRTCMaxPort=65535 -ResX=9"]}),
    ("command", {"command": []}),
    ("command", {"command": [1]}),
    ("slotsPerInstance", {"slotsPerInstance": 0}),
    ("slotsPerInstance", {"slotsPerInstance": True}),
    ("poolId", {"poolId": "a b"}),
    ("limits", {"limits": 3}),
    ("limits.maximumSession_s", {"limits": {"maximumSession_s": 0}}),
    ("limits.maximumSession", {"limits": {"maximumSession": 5}}),
    ("relay", {"relay": "sometimes"}),
    ("colour", {"colour": "red"}),
]


@pytest.mark.parametrize(("field", "change"), WRONG_APPLICATIONS)
def test_a_wrong_application_is_refused_by_field(field: str, change: dict[str, Any]) -> None:
    ports = FakePorts()
    answer = operate("configure_catalog", PUT_APPLICATION, {**APPLICATION, **change}, ports, applicationId="demo")
    assert (answer["statusCode"], body_of(answer).get("field")) == (400, field)
    assert not snapshot(ports).applications


def test_only_operators_may_set_anything() -> None:
    ports = stage(1)
    answer = operate("configure_catalog", PUT_APPLICATION, {}, ports, groups="viewers,tenant-a", applicationId="a")
    assert answer["statusCode"] == 403
    assert not ports.memory.journal


def test_an_application_that_is_not_there_is_404() -> None:
    assert operate("configure_catalog", GET_APPLICATION, None, FakePorts(), applicationId="x")["statusCode"] == 404


# -- machines


def test_a_pass_answers_what_to_start_and_what_to_retire() -> None:
    ports = house()
    answer = handle_of("plan_pool")(sample("plan_pool"), ports)
    (started,) = answer["launches"]
    assert started["poolId"] == "demo"
    assert (answer["starts"], answer["stops"], answer["retirements"]) == ([], [], [])
    followed = handle_of("follow_plan")(sample("follow_plan"), ports)
    assert followed == {"started": [], "stopped": [], "retired": []}


def follow(ports: FakePorts, **lists: list[str]) -> Any:
    plan = {"poolId": "demo", "starts": [], "stops": [], "retirements": [], **lists}
    return handle_of("follow_plan")(plan, ports)


def test_warm_instances_are_stopped_and_started_and_those_that_are_gone_are_left_out() -> None:
    ports = stage(1)
    instance_id = the_instance(ports).instance_id
    change(ports, the_instance(ports), market="on-demand", state=InstanceState.STOPPED)
    ports.ec2.add(instance_id)
    nothing = {"started": [], "stopped": [], "retired": []}
    assert follow(ports, stops=["i-0abc1234def567890"]) == nothing
    assert follow(ports, stops=[instance_id]) == {**nothing, "stopped": [instance_id]}
    change(ports, the_instance(ports), stopped_at=ports.now())
    ports.ec2.set(instance_id, Ec2State.STOPPED)
    assert follow(ports, starts=["i-0abc1234def567890"]) == nothing
    assert follow(ports, starts=[instance_id]) == {**nothing, "started": [instance_id]}


def test_create_fleet_is_asked_for_one_instance_spot_first() -> None:
    ports = house()
    launch_id = planned(ports).launch_id
    answer = handle_of("prepare_launch")({"poolId": "demo", "launchId": launch_id}, ports, SETTINGS)
    spot, on_demand = answer["spot"], answer["onDemand"]
    assert spot["Type"] == on_demand["Type"] == "instant"
    assert spot["SpotOptions"] == {"AllocationStrategy": "price-capacity-optimized"}
    assert spot["TargetCapacitySpecification"] == {"TotalTargetCapacity": 1, "DefaultTargetCapacityType": "spot"}
    assert (spot["ClientToken"], on_demand["ClientToken"]) == (f"{launch_id}-1", f"{launch_id}-2")
    (config,) = on_demand["LaunchTemplateConfigs"]
    assert config["Overrides"] == [
        {"InstanceType": "g5.xlarge", "SubnetId": "subnet-a", "Priority": 0},
        {"InstanceType": "g5.xlarge", "SubnetId": "subnet-b", "Priority": 0},
    ]
    tags = {tag["Key"]: tag["Value"] for tag in spot["TagSpecifications"][0]["Tags"]}
    expected = {"greenroom:stack": "greenroom", "greenroom:pool": "demo", "greenroom:launch": launch_id}
    assert tags == expected
    assert [each["ResourceType"] for each in spot["TagSpecifications"]] == ["instance", "volume"]
    assert len(spot["ClientToken"]) <= 64


def test_the_machine_waits_for_the_instance_that_ec2_named() -> None:
    ports = house()
    launch_id = planned(ports).launch_id
    handle_of("prepare_launch")({"poolId": "demo", "launchId": launch_id}, ports, SETTINGS)
    handle_of("await_registration")({**sample("await_registration"), "launchId": launch_id}, ports)
    assert ports.fleet.get("i-0abc1234def567890").zone == "us-east-1a"
    assert plan_pool("demo", ports).launch_ids == ()


def test_a_refused_launch_is_undone_with_ec2s_own_reason() -> None:
    ports = house()
    launch_id = planned(ports).launch_id
    event = {**sample("abandon_launch"), "launchId": launch_id}
    assert handle_of("abandon_launch")(event, ports) == {"undone": True}
    assert ports.launches.get("demo", launch_id).reason == "CapacityUnavailable"
    rests = ports.offerings.refused("demo", ports.now())
    assert [each.key for each in rests] == ["g5.xlarge#subnet-0abc1234def567890#spot"]


def test_jsonata_may_hand_over_the_one_instead_of_a_list_of_one() -> None:
    group = {"InstanceIds": "i-0a", "InstanceType": "g5.xlarge", "Lifecycle": "on-demand"}
    answer = fleet_answer({"market": "on-demand", "fleet": {"Instances": group}})
    assert [(each.instance_id, each.market, each.zone) for each in answer.launched] == [("i-0a", "on-demand", "")]
    assert fleet_answer(None).launched == ()
    assert (
        fleet_answer([{"market": "spot", "fleet": {"Errors": [{"ErrorCode": "X"}]}}]).failure == "CapacityUnavailable"
    )


def test_a_pass_of_the_reaper_answers_what_the_machine_does_next() -> None:
    ports = house()
    event = {"owner": "arn:x", "startedAt": iso(ports.now())}
    assert handle_of("reconcile_fleet")(event, ports, SETTINGS) == {
        "alive": True,
        "leaseLost": False,
        "handOver": False,
        "wait_s": 10,
    }
    assert handle_of("reconcile_fleet")({**event, "owner": "y"}, ports, SETTINGS)["leaseLost"]
