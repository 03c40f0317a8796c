"""Mends lambda_errors, lambda_pool and xray: what a function's caller and its operator see."""

from __future__ import annotations

import io
import json
import threading
import time
import zipfile
from typing import Any

import boto3
import pytest
from greenroom_lab.engine.process import EmbeddedAws, EngineSettings

from tests.engine.conftest import LEFT_OUT, eventually, free_port


def invoke(aws: Any, **event: Any) -> Any:
    answer = aws.client("lambda").invoke(
        FunctionName=aws.outputs["MisbehaveFunction"], Payload=json.dumps(event).encode()
    )
    return json.loads(answer["Payload"].read())


def test_an_exception_is_told_by_its_class_and_the_process_lives_on(aws: Any) -> None:
    before = invoke(aws, do="nothing")["process"]
    failed = invoke(aws, do="fail")
    assert (failed["errorType"], failed["errorMessage"]) == ("NoFreeSlot", "there is none")
    assert invoke(aws, do="nothing")["process"] == before


def test_a_burst_waits_for_the_processes_there_are(aws: Any) -> None:
    aws.engine.control("PUT", "lambda", {"workers": 2, "byName": {}})
    processes: list[int] = []
    threads = [
        threading.Thread(target=lambda: processes.append(invoke(aws, do="sleep", seconds=0.2)["process"]))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(processes) == 8
    assert len(set(processes)) <= 2


def test_a_queue_that_stands_gets_one_more_process_and_not_one_for_each_who_waits(aws: Any) -> None:
    aws.engine.control("PUT", "lambda", {"byName": {"MisbehaveFunction": 1}, "patience_s": 1.5})
    processes: list[int] = []
    threads = [
        threading.Thread(target=lambda: processes.append(invoke(aws, do="sleep", seconds=2)["process"]))
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    aws.engine.control("PUT", "lambda", {"byName": {}, "patience_s": 10})
    assert len(processes) == 5
    assert 2 <= len(set(processes)) <= 3


def test_a_single_function_can_be_given_more_processes(aws: Any) -> None:
    aws.engine.control("PUT", "lambda", {"byName": {"MisbehaveFunction": 3}})
    processes: list[int] = []
    threads = [
        threading.Thread(target=lambda: processes.append(invoke(aws, do="sleep", seconds=1.5)["process"]))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    aws.engine.control("PUT", "lambda", {"byName": {}})
    assert len(set(processes)) == 3


def test_a_warm_silent_call_is_quick(aws: Any) -> None:
    invoke(aws, do="nothing")
    took = []
    for _ in range(20):
        started = time.monotonic()
        invoke(aws, do="nothing")
        took.append(time.monotonic() - started)
    assert min(took) < 0.05  # each silent call waited 50 ms for words; a busy machine may slow some, not all


@pytest.mark.parametrize("crash", [1, 2], ids=["before the write", "after it"])
def test_a_process_dies_with_the_write_that_was_named_and_the_next_call_gets_a_new_one(aws: Any, crash: int) -> None:
    before = invoke(aws, do="nothing")["process"]
    aws.engine.control("PUT", "crashes", {"every": {"MisbehaveFunction": 1}})
    for number in range(crash):
        died = invoke(aws, do="keep", execution=f"crash-{crash}-{number}", token="kept")
        assert "died" in died["errorMessage"]
    killed = aws.engine.control("GET", "crashes")["killed"]
    assert killed == {f"MisbehaveFunction: {moment} PutItem": 1 for moment in ("before", "after")[:crash]}
    aws.engine.control("PUT", "crashes", {"every": {}})
    kept = [is_kept(aws, f"crash-{crash}-{number}") for number in range(crash)]
    assert kept == [False, True][:crash]
    assert invoke(aws, do="nothing")["process"] != before


def is_kept(aws: Any, execution: str) -> bool:
    key = {"pk": {"S": "token"}, "sk": {"S": execution}}
    return "Item" in aws.client("dynamodb").get_item(TableName=aws.outputs["Table"], Key=key)


def test_what_a_function_says_is_in_its_log_and_in_no_other_call(aws: Any) -> None:
    for word in ("first", "second"):
        invoke(aws, do="speak", word=word)
    group = f"/aws/lambda/{aws.outputs['MisbehaveFunction']}"

    def lines() -> Any:
        events = aws.client("logs").filter_log_events(logGroupName=group)["events"]
        text = "\n".join(event["message"] for event in events)
        return text if "said second" in text else None

    text = eventually(lines, within_s=5)
    assert text.count("said first") == 1
    assert "greenroom: invocation done" not in text


def test_processes_share_one_copy_of_the_code(aws: Any) -> None:
    places = set()
    for _ in range(2):
        places.add(invoke(aws, do="nothing")["code"])
    assert len(places) == 1
    assert "greenroom-code" in places.pop()


def test_the_segment_of_a_traced_function_reaches_the_sink(aws: Any) -> None:
    answer = aws.get("/viewer/7", {"Authorization": "Bearer good"})
    trace = answer.body["environment"]["_X_AMZN_TRACE_ID"]
    assert answer.body["environment"]["AWS_XRAY_DAEMON_ADDRESS"] == aws.sink.address
    root = trace.split(";")[0].removeprefix("Root=")
    [segment] = eventually(lambda: [each for each in aws.sink.documents if each["trace_id"] == root], within_s=3)
    assert segment["name"] == aws.outputs["EchoFunction"]
    assert segment["end_time"] >= segment["start_time"]


ANY_LAMBDA = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        },
    }
)


def test_without_a_sink_functions_are_told_that_nobody_records() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", "import os\ndef handler(event, context): return os.environ['_X_AMZN_TRACE_ID']\n")
    with EmbeddedAws(EngineSettings(port=free_port(), without=LEFT_OUT)) as engine:
        iam: Any = boto3.client("iam", **engine.boto)
        lambdas: Any = boto3.client("lambda", **engine.boto)
        role = iam.create_role(RoleName="any", AssumeRolePolicyDocument=ANY_LAMBDA)["Role"]
        lambdas.create_function(
            FunctionName="traced",
            Runtime="python3.13",
            Handler="app.handler",
            Role=role["Arn"],
            Code={"ZipFile": packed.getvalue()},
            TracingConfig={"Mode": "Active"},
        )
        header = json.load(lambdas.invoke(FunctionName="traced")["Payload"])
    assert header.endswith(";Sampled=0")
