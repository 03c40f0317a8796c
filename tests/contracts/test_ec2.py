"""EC2's port: what a list may leave out is found by its id; what EC2 does not know, and what is not ours, is not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from greenroom.aws import clients
from greenroom.aws.instance.ec2 import AwsEc2
from greenroom.ports.instance import Ec2State
from greenroom_lab.memory.ec2 import ALWAYS, FakeEc2

from tests.contracts.houses import REGION
from tests.contracts.test_fleet import FleetHouse

UNKNOWN = "i-0123456789abcdef0"


class FakeStage:
    """The fake."""

    def __init__(self) -> None:
        self.ec2: Any = FakeEc2()

    def run(self, launch_id: str) -> str:
        return str(self.ec2.add(f"i-{len(self.ec2.instances):017x}", launch_id).instance_id)

    @contextmanager
    def omitting(self, instance_id: str) -> Iterator[None]:
        self.ec2.omit(instance_id, ALWAYS)
        yield
        self.ec2.show(instance_id)


class MotoStage:
    """The adapter on moto, which can omit nothing: its answers to listings lose an instance on their way."""

    def __init__(self) -> None:
        self.ec2: Any = AwsEc2(lambda: "ours")

    def run(self, launch_id: str, **tags: str) -> str:
        named = {"stack": "ours", "pool": "demo", "launch": launch_id, **tags}
        return run_instance({f"greenroom:{name}": value for name, value in named.items()})

    @contextmanager
    def omitting(self, instance_id: str) -> Iterator[None]:
        events, asked = clients.client("ec2").meta.events, {"by_id": False}

        def look(params: dict[str, Any], **_: Any) -> None:
            asked["by_id"] = "InstanceId.1" in params["body"]

        def drop(parsed: dict[str, Any], **_: Any) -> None:
            for group in () if asked["by_id"] else parsed["Reservations"]:
                group["Instances"] = [each for each in group["Instances"] if each["InstanceId"] != instance_id]

        events.register("before-call.ec2.DescribeInstances", look)
        events.register("after-call.ec2.DescribeInstances", drop)
        yield
        events.unregister("before-call.ec2.DescribeInstances", look)
        events.unregister("after-call.ec2.DescribeInstances", drop)


def run_instance(tags: dict[str, str]) -> str:
    ec2: Any = boto3.client("ec2", region_name=REGION)
    answer = ec2.run_instances(
        ImageId="ami-12c6146b",
        InstanceType="g5.xlarge",
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[
            {"ResourceType": "instance", "Tags": [{"Key": name, "Value": value} for name, value in tags.items()]}
        ],
    )
    return str(answer["Instances"][0]["InstanceId"])


@pytest.fixture(params=["memory", "moto"])
def stage(request: pytest.FixtureRequest) -> Iterator[FakeStage | MotoStage]:
    """An EC2 with nothing in it."""
    if request.param == "memory":
        yield FakeStage()
        return
    with FleetHouse.on_moto():
        clients.client.cache_clear()
        yield MotoStage()
    clients.client.cache_clear()


def test_an_instance_is_found_by_its_id_as_lists_show_it(stage: Any) -> None:
    instance_id, other = stage.run("lch-1"), stage.run("lch-2")
    assert {each.instance_id for each in stage.ec2.list_all()} == {instance_id, other}
    (listed,) = stage.ec2.list_of_launch("lch-1")
    assert stage.ec2.find(instance_id) == listed
    assert (listed.instance_id, listed.state, listed.launch_id) == (instance_id, Ec2State.RUNNING, "lch-1")


def test_an_instance_that_lists_leave_out_is_found_by_its_id(stage: Any) -> None:
    instance_id, other = stage.run("lch-1"), stage.run("lch-1")
    with stage.omitting(instance_id):
        assert [each.instance_id for each in stage.ec2.list_all()] == [other]
        assert [each.instance_id for each in stage.ec2.list_of_launch("lch-1")] == [other]
        assert stage.ec2.find(instance_id).instance_id == instance_id
    assert instance_id in {each.instance_id for each in stage.ec2.list_all()}


def test_an_id_that_ec2_does_not_know_is_none_and_ending_it_is_fine(stage: Any) -> None:
    assert stage.ec2.find(UNKNOWN) is None
    stage.ec2.terminate(UNKNOWN)
    assert stage.ec2.find(UNKNOWN) is None


def test_what_was_ended_is_found_as_such_though_lists_leave_it_out(stage: Any) -> None:
    instance_id = stage.run("lch-1")
    stage.ec2.terminate(instance_id)
    with stage.omitting(instance_id):
        assert stage.ec2.find(instance_id).state in (Ec2State.SHUTTING_DOWN, Ec2State.TERMINATED)


def test_another_stacks_instance_is_not_found_and_one_that_lost_its_tags_is() -> None:
    """Somebody may take the tags off one of ours: then no list shows it, and it is not gone for that."""
    with FleetHouse.on_moto():
        clients.client.cache_clear()
        stage = MotoStage()
        ours, theirs = stage.run("lch-1"), stage.run("lch-1", stack="theirs")
        assert stage.ec2.find(theirs) is None
        boto3.client("ec2", region_name=REGION).delete_tags(Resources=[ours], Tags=[{"Key": "greenroom:stack"}])
        assert stage.ec2.list_all() == []
        found = stage.ec2.find(ours)
        assert found is not None
        assert found.state is Ec2State.RUNNING
    clients.client.cache_clear()


def test_a_fake_omits_so_many_lists_and_no_more() -> None:
    ec2 = FakeEc2()
    ec2.add("i-1")
    ec2.omit("i-1", 2)
    assert [len(ec2.list_all()) for _ in range(3)] == [0, 0, 1]
    ec2.unknown.add("i-1")
    assert (ec2.list_all(), ec2.find("i-1")) == ([], None)
    ec2.show("i-1")
    assert ec2.find("i-1") == ec2.list_all()[0]
