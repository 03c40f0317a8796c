"""What destroying a stack stops, ends and empties, also where something is missing, late or refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError
from greenroom_cli.aws.stacks import Stack
from greenroom_cli.removal.instances import InstancesRemain, end_instances
from greenroom_cli.removal.leftovers import BucketNotEmptied, empty_bucket
from greenroom_cli.removal.resources import Resource
from greenroom_cli.removal.sources import stop_executions, stop_rules, stop_schedules
from greenroom_cli.removal.stack_deletion import DestroyFailed, remove_stack

STACK = Stack("arn:stack", "CREATE_COMPLETE", {})


def resource(kind: str, name: str) -> Resource:
    return Resource("Logical", kind, name, "CREATE_COMPLETE")


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "Operation")


@dataclass
class Pages:
    """A paginator whose answers come from a function."""

    answer: Callable[..., Mapping[str, Any]]

    def paginate(self, **asked: Any) -> list[Mapping[str, Any]]:
        return [self.answer(**asked)]


@dataclass
class Account:
    """Hands out the one client it has."""

    of: Any

    def client(self, service: str, tries: int = 8) -> Any:
        return self.of


@dataclass
class Ec2:
    """Instances that end after some looks; a list may leave some out, and an id that is gone is unknown."""

    states: dict[str, str]
    omitted: set[str] = field(default_factory=set)
    looks_until_gone: int = 3
    terminated: list[str] = field(default_factory=list)

    def get_paginator(self, name: str) -> Pages:
        return Pages(lambda **asked: self._answer([each for each in self.states if each not in self.omitted]))

    def describe_instances(self, InstanceIds: Sequence[str]) -> Mapping[str, Any]:
        for each in InstanceIds:
            if each not in self.states:
                raise refusal("InvalidInstanceID.NotFound")
        return self._answer(InstanceIds)

    def terminate_instances(self, InstanceIds: Sequence[str]) -> None:
        self.terminated += InstanceIds
        if InstanceIds[0] not in self.states:
            raise refusal("InvalidInstanceID.NotFound")
        self.looks_until_gone -= 1
        self.states[InstanceIds[0]] = "shutting-down" if self.looks_until_gone > 0 else "terminated"

    def _answer(self, ids: Sequence[str]) -> Mapping[str, Any]:
        found = [{"InstanceId": each, "State": {"Name": self.states[each]}} for each in ids]
        return {"Reservations": [{"Instances": found}]}


@dataclass
class ListingLiving(Ec2):
    """Its list keeps to the filter by state, as EC2's does."""

    def get_paginator(self, name: str) -> Pages:
        living = [each for each, state in self.states.items() if state != "terminated" and each not in self.omitted]
        return Pages(lambda **asked: self._answer(living))


def test_instances_are_ended_until_ec2_says_so() -> None:
    ec2 = ListingLiving({"i-1": "running", "i-2": "stopped"})
    assert end_instances(Account(ec2), "greenroom", lambda seconds: None) == 2  # type: ignore[arg-type]
    assert set(ec2.states.values()) == {"terminated"}


def test_an_instance_that_the_list_leaves_out_is_asked_for_by_its_id() -> None:
    ec2 = ListingLiving({"i-1": "running"})

    def forget(seconds: float) -> None:
        ec2.omitted.add("i-1")

    end_instances(Account(ec2), "greenroom", forget)  # type: ignore[arg-type]
    assert ec2.states == {"i-1": "terminated"}


def test_an_instance_that_ec2_does_not_know_any_more_is_gone() -> None:
    ec2 = ListingLiving({"i-1": "running"})

    def vanish(seconds: float) -> None:
        ec2.states.clear()

    assert end_instances(Account(ec2), "greenroom", vanish) == 1  # type: ignore[arg-type]


def test_an_instance_that_does_not_end_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("greenroom_cli.removal.instances.INSTANCES_GONE_S", 0.0)
    ec2 = ListingLiving({"i-1": "running"}, looks_until_gone=1_000_000)
    with pytest.raises(InstancesRemain, match="i-1"):
        end_instances(Account(ec2), "greenroom", lambda seconds: None)  # type: ignore[arg-type]


@dataclass
class CloudFormation:
    """Deletes a stack at the try that `succeeds_at` says; before, a bucket holds it back.

    After a new try it shows the old status once more.
    """

    succeeds_at: int
    looks: int = 0
    tries: int = 0
    reason: str = "The bucket you tried to delete is not empty"

    def delete_stack(self, StackName: str) -> None:
        self.tries, self.looks = self.tries + 1, 0

    def describe_stacks(self, StackName: str) -> Mapping[str, Any]:
        self.looks += 1
        is_old = self.tries > 1 and self.looks == 1
        status = "DELETE_COMPLETE" if self.tries >= self.succeeds_at and not is_old else "DELETE_FAILED"
        return {"Stacks": [{"StackId": StackName, "StackStatus": status}]}

    def get_paginator(self, name: str) -> Pages:
        summary = {
            "LogicalResourceId": "WebBucket",
            "ResourceType": "AWS::S3::Bucket",
            "PhysicalResourceId": "web",
            "ResourceStatus": "DELETE_FAILED",
            "ResourceStatusReason": self.reason,
        }
        return Pages(lambda **asked: {"StackResourceSummaries": [summary]})


def test_a_stack_that_was_held_back_is_cleared_and_deleted_again() -> None:
    cloudformation, said, cleared = CloudFormation(succeeds_at=2), list[str](), list[int]()
    remove_stack(cloudformation, STACK, lambda: cleared.append(1), said.append, lambda seconds: None)
    assert (cloudformation.tries, cleared) == (2, [1])
    assert "WebBucket: The bucket you tried to delete is not empty" in said[0]


def test_a_stack_that_stays_is_named_with_what_holds_it() -> None:
    cloudformation = CloudFormation(succeeds_at=9)
    with pytest.raises(DestroyFailed, match="WebBucket: The bucket"):
        remove_stack(cloudformation, STACK, lambda: None, lambda text: None, lambda seconds: None)
    assert cloudformation.tries == 3


@dataclass
class Events:
    """Two rules; what is asked for and not there is refused."""

    disabled: list[tuple[str, str]] = field(default_factory=list)

    def disable_rule(self, Name: str, EventBusName: str) -> None:
        if Name == "gone":
            raise refusal("ResourceNotFoundException")
        self.disabled.append((EventBusName, Name))


def test_rules_stop_on_each_bus_and_those_that_are_gone_are_no_failure() -> None:
    events = Events()
    rules = [resource("AWS::Events::Rule", name) for name in ("greenroom|gone", "greenroom|changed", "warnings")]
    stop_rules(Account(events), rules)  # type: ignore[arg-type]
    assert events.disabled == [("greenroom", "changed"), ("default", "warnings")]


@dataclass
class Scheduler:
    """A group with schedules of events, and one that is gone."""

    schedules: list[str]

    def get_paginator(self, name: str) -> Pages:
        def listed(GroupName: str) -> Mapping[str, Any]:
            if GroupName == "gone":
                raise refusal("ResourceNotFoundException")
            return {"Schedules": [{"Name": each} for each in self.schedules]}

        return Pages(listed)

    def delete_schedule(self, GroupName: str, Name: str) -> None:
        self.schedules.remove(Name)


def test_no_schedule_of_the_group_fires_any_more() -> None:
    scheduler = Scheduler(["premiere-start", "reconcile_fleet"])
    groups = [resource("AWS::Scheduler::ScheduleGroup", name) for name in ("gone", "greenroom")]
    stop_schedules(Account(scheduler), groups)  # type: ignore[arg-type]
    assert scheduler.schedules == []


@dataclass
class StepFunctions:
    """One execution starts another one before it is stopped."""

    running: list[str]
    late: list[str]

    def get_paginator(self, name: str) -> Pages:
        def listed(stateMachineArn: str, statusFilter: str) -> Mapping[str, Any]:
            if stateMachineArn == "gone":
                raise refusal("StateMachineDoesNotExist")
            return {"executions": [{"executionArn": each} for each in self.running]}

        return Pages(listed)

    def stop_execution(self, executionArn: str, cause: str) -> None:
        self.running.remove(executionArn)
        self.running += self.late
        self.late = []


def test_executions_are_stopped_until_a_look_finds_none() -> None:
    step_functions = StepFunctions(["maintain"], ["launch"])
    found = [resource("AWS::StepFunctions::StateMachine", name) for name in ("gone", "maintain_pool")]
    stopped = stop_executions(Account(step_functions), found, lambda seconds: None)  # type: ignore[arg-type]
    assert (stopped, step_functions.running) == (2, [])


class Bucket:
    """Keeps its one object, and says so in an answer that is a success."""

    def get_paginator(self, name: str) -> Pages:
        return Pages(lambda **asked: {"Versions": [{"Key": "index.html", "VersionId": "1"}]})

    def delete_objects(self, **asked: Any) -> Mapping[str, Any]:
        return {"Errors": [{"Key": "index.html", "Code": "AccessDenied", "Message": "Access Denied"}]}


def test_an_object_that_s3_keeps_is_named() -> None:
    with pytest.raises(BucketNotEmptied, match=r"index\.html: Access Denied"):
        empty_bucket(Account(Bucket()), "web")  # type: ignore[arg-type]
