"""How many invocations ran at once, read from the segments."""

from __future__ import annotations

import json
import socket
import time

import pytest
from greenroom_lab.platform.trace_sink import TraceSink

HEADER = b'{"format": "json", "version": 1}\n'


@pytest.fixture
def sink() -> TraceSink:
    return TraceSink()


def segment(
    start: float, end: float, name: str = "s-claim", origin: str = "AWS::Lambda::Function"
) -> dict[str, object]:
    return {"name": name, "origin": origin, "start_time": start, "end_time": end}


def test_overlap_is_counted_per_function_and_touching_ends_do_not_overlap(sink: TraceSink) -> None:
    sink.segments = [segment(10, 12), segment(11, 13), segment(13, 14), segment(11, 13, "s-other"), segment(1, 99)]
    assert sink.most_at_once("-claim", since=5) == 2
    assert sink.most_at_once("-claim", since=0) == 3


def test_what_arrives_is_kept_and_flattened(sink: TraceSink) -> None:
    inner = {"name": "dynamodb", "http": {"response": {"status": 400}}}
    document = {"name": "## handler", "start_time": 5.0, "subsegments": [{"name": "x", "subsegments": [inner]}]}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        host, port = sink.address.split(":")
        out.sendto(HEADER + json.dumps(document).encode(), (host, int(port)))
    ends = time.monotonic() + 5
    while not sink.segments and time.monotonic() < ends:
        time.sleep(0.01)
    assert [found["name"] for found in sink.subsegments()] == ["## handler", "x", "dynamodb"]
    sink.close()
