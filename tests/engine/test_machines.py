"""Mends asl_*, task_tokens, execution_names, machine_events and ec2_errors: what a state machine relies on."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.engine.conftest import eventually


def output(execution: dict[str, Any]) -> Any:
    assert execution["status"] == "SUCCEEDED", execution
    answer = json.loads(execution["output"])
    assert answer["outcome"] == "succeeded"  # Succeed.Output
    return answer["was"]


@pytest.fixture
def token_of(aws: Any) -> Callable[[str], tuple[str, str]]:
    """Start an execution that awaits a token; its ARN and the token, which the function put into the table."""

    def start(name: str) -> tuple[str, str]:
        arn = aws.start("token", name=name, do="keep")

        def look() -> Any:
            key = {"pk": {"S": "token"}, "sk": {"S": arn}}
            return aws.client("dynamodb").get_item(TableName=aws.outputs["Table"], Key=key).get("Item")

        return arn, eventually(look, within_s=8)["token"]["S"]

    return start


def test_a_yaml_definition_runs_and_is_described_as_json(aws: Any) -> None:
    described = aws.client("stepfunctions").describe_state_machine(stateMachineArn=aws.outputs["MachineArn"])
    definition = json.loads(described["definition"])
    assert definition["StartAt"] == "WhichCase"
    assert "${" not in described["definition"]
    assert output(aws.execute("none")) == {"case": "none"}


def test_a_handlers_exception_is_caught_by_its_class_name(aws: Any) -> None:
    assert output(aws.execute("named")) == {"caught": "NoFreeSlot"}


def test_a_missed_heartbeat_ends_the_task(aws: Any) -> None:
    started = time.monotonic()
    assert output(aws.execute("heartbeat")) == {"caught": "States.HeartbeatTimeout"}
    assert time.monotonic() - started < 6


def test_a_function_that_fails_under_a_token_fails_the_task(aws: Any) -> None:
    assert output(aws.execute("failing token")) == {"caught": "NoFreeSlot"}


def test_a_timeout_can_be_an_expression(aws: Any) -> None:
    assert output(aws.execute("jsonata timeout", seconds=1)) == {"caught": "States.Timeout"}


def test_retries_wait_no_longer_than_their_maximum(aws: Any) -> None:
    started = time.monotonic()
    assert output(aws.execute("retry", wait_s=12)) == {"caught": "NoFreeSlot"}
    assert 2.9 < time.monotonic() - started < 10  # 1 + 1 + 1 s; without the maximum 1 + 10 + 100 s


def test_a_result_beyond_256_kib_fails(aws: Any) -> None:
    execution = aws.execute("much")
    assert (execution["status"], execution["error"]) == ("FAILED", "States.DataLimitExceeded")


def test_a_machine_ends_at_its_own_deadline(aws: Any) -> None:
    assert aws.execute("wait", wait_s=12)["status"] == "TIMED_OUT"


def test_an_ec2_error_has_the_one_name_it_has_on_aws(aws: Any) -> None:
    execution = aws.execute("fleet", template="lt-0123456789abcdef0", market="spot")
    assert output(execution) == {"caught": "Ec2.Ec2Exception"}


def test_a_machine_sends_an_event_whose_detail_is_an_object(aws: Any) -> None:
    output(aws.execute("event", name="told-1", source="greenroom.test"))
    event = aws.told(lambda event: event["source"] == "greenroom.test")
    assert event["detail"] == {"told": "told-1"}


def test_an_event_that_the_bus_refuses_fails_the_state(aws: Any) -> None:
    assert output(aws.execute("event", source="aws.ec2")) == {"caught": "EventBridge.FailedEntry"}


def test_the_same_start_twice_is_one_execution(aws: Any) -> None:
    first = aws.start("heartbeat", name="once")
    assert aws.start("heartbeat", name="once") == first
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        aws.start("none", name="once")
    aws.ended(first)
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        aws.start("heartbeat", name="once")


def test_a_machine_is_told_when_its_childs_name_is_taken(aws: Any) -> None:
    aws.execute("none", name="child-1")
    assert output(aws.execute("child", childName="child-2")) == {"caught": None}
    taken = output(aws.execute("child", childName="child-1"))
    assert taken == {"caught": "StepFunctions.ExecutionAlreadyExistsException"}


def test_a_function_can_answer_its_own_token(aws: Any) -> None:
    assert output(aws.execute("token", do="answer")) == {"answered": True}


def test_only_the_first_answer_to_a_token_counts(aws: Any, token_of: Any) -> None:
    steps = aws.client("stepfunctions")
    execution, token = token_of("heartbeatless")
    codes: list[str] = []

    def answer(number: int) -> None:
        try:
            steps.send_task_success(taskToken=token, output=json.dumps({"answer": number}))
            codes.append("ok")
        except ClientError as error:
            codes.append(error.response["Error"]["Code"])

    threads = [threading.Thread(target=answer, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == ["TaskTimedOut", "TaskTimedOut", "TaskTimedOut", "ok"]
    assert output(aws.ended(execution))["answer"] in range(4)


def test_the_token_of_a_stopped_execution_is_dead(aws: Any, token_of: Any) -> None:
    steps = aws.client("stepfunctions")
    execution, token = token_of("stopped")
    steps.stop_execution(executionArn=execution)
    time.sleep(0.5)
    with pytest.raises(ClientError, match="TaskTimedOut"):
        steps.send_task_success(taskToken=token, output="{}")
    assert steps.describe_execution(executionArn=execution)["status"] == "ABORTED"


def test_a_token_that_never_was_is_invalid(aws: Any) -> None:
    with pytest.raises(ClientError, match="InvalidToken"):
        aws.client("stepfunctions").send_task_success(taskToken="never", output="{}")
