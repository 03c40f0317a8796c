"""A trace is written where Lambda records one, and the tracer is not even loaded where it does not."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from typing import Any

import pytest

from tests.architecture.reading import ROOT

INVOKE = """
import json, os, sys, types
from greenroom.entry.tracing import annotate_session, traced

def work(event, context):
    if "learns" in event:
        annotate_session(event["learns"])
    if "fails" in event:
        raise ValueError("a secret")
    return {"secret": event}

handler = traced(work, calls_aws=os.environ.get("CALLS_AWS") == "yes")
for header, event in json.loads(sys.argv[1]):
    os.environ["_X_AMZN_TRACE_ID"] = header
    try:
        handler(event, types.SimpleNamespace(function_name="greenroom-release_slot"))
    except ValueError:
        pass
    print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""
RECORDED = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
IGNORED = RECORDED.replace("Sampled=1", "Sampled=0")
Json = dict[str, Any]


class Sink:
    """Where the X-Ray daemon would be."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"

    def received(self) -> list[Json]:
        """In order; whoever wrote them has ended."""
        parts = []
        while True:
            try:
                parts.append(json.loads(self._socket.recv(65_536).partition(b"\n")[2]))
            except BlockingIOError:
                return parts


@pytest.fixture
def sink() -> Sink:
    return Sink()


def invoke(sink: Sink, *invocations: tuple[str, Json], **environment: str) -> list[set[str]]:
    """In one environment of Lambda; after each invocation, the packages that are loaded."""
    given = {
        "PYTHONPATH": str(ROOT / "layers" / "core"),
        "LAMBDA_TASK_ROOT": "/var/task",
        "AWS_XRAY_DAEMON_ADDRESS": sink.address,
    }
    command = [sys.executable, "-c", INVOKE, json.dumps(invocations)]
    done = subprocess.run(
        command, env={"PATH": os.defpath, **given, **environment}, stdout=subprocess.PIPE, text=True, check=True
    )
    return [set(json.loads(line)) for line in done.stdout.splitlines()]


def test_a_recorded_invocation_names_its_function_and_its_session(sink: Sink) -> None:
    invoke(sink, (RECORDED, {"sessionId": "ses-1"}))
    (part,) = sink.received()
    assert part["trace_id"] == "1-5759e988-bd862e3fe1be46a994272793"
    assert part["parent_id"] == "53995c3f42cd8ad8"
    assert part["annotations"] == {"function": "greenroom-release_slot", "sessionId": "ses-1", "ColdStart": True}


def test_a_session_is_named_by_the_work_that_learns_it(sink: Sink) -> None:
    invoke(sink, (RECORDED, {"learns": "ses-2"}))
    assert sink.received()[0]["annotations"]["sessionId"] == "ses-2"


def test_neither_event_nor_answer_is_captured(sink: Sink) -> None:
    invoke(sink, (RECORDED, {"token": "opensesame"}))
    (part,) = sink.received()
    assert "opensesame" not in json.dumps(part)
    assert "metadata" not in part


def test_a_failure_is_a_fault_of_the_trace(sink: Sink) -> None:
    invoke(sink, (RECORDED, {"fails": True}))
    assert sink.received()[0]["fault"] is True


@pytest.mark.parametrize("header", [IGNORED, "", "Root=1-5759e988-bd862e3fe1be46a994272793"])
def test_where_nobody_records_nothing_is_sent_and_no_tracer_is_loaded(sink: Sink, header: str) -> None:
    (loaded,) = invoke(sink, (header, {"learns": "ses-1"}), CALLS_AWS="yes")
    assert sink.received() == []
    assert not loaded & {"aws_xray_sdk", "wrapt", "botocore", "aws_lambda_powertools"}


def test_the_first_recorded_invocation_loads_the_tracer_and_later_ones_may_be_ignored(sink: Sink) -> None:
    event = {"learns": "ses-1"}
    before, after, _ = invoke(sink, (IGNORED, event), (RECORDED, event), (IGNORED.replace("1-57", "1-58"), event))
    assert "aws_xray_sdk" not in before
    assert "aws_xray_sdk" in after
    (part,) = sink.received()
    assert part["annotations"]["ColdStart"] is False  # the environment was warm, only its tracer was not


def test_botocore_is_loaded_for_the_trace_only_where_aws_is_called(sink: Sink) -> None:
    (without,) = invoke(sink, (RECORDED, {}))
    (with_calls,) = invoke(sink, (RECORDED, {}), CALLS_AWS="yes")
    assert "botocore" in with_calls
    assert "botocore" not in without
