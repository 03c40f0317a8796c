"""What a hot launch costs beside its AWS calls: `make overhead`.

The handler launches on moto; then the very same calls are made bare, on tables of the same state. Rounds of both
alternate, so that a noisy machine is noisy for both. moto's own time is in both and makes the ratio milder than on AWS,
where a call takes less of the processor.
"""

from __future__ import annotations

import copy
import statistics
import sys
import time
from collections.abc import Mapping
from typing import Any

from botocore import xform_name
from greenroom.aws.clients import client, dynamodb

from tests.architecture.calls import scene
from tests.architecture.calls.recorder import all_ports, calling, recording
from tests.functions.invocations import LAUNCH, viewer_event

ROUNDS, LAUNCHES, UNMEASURED = 4, 60, 2
LIMIT = 1.15
"""Of the median: more than that, and the handler does too much beside its calls."""
Bare = tuple[str, str, Mapping[str, Any]]
"""Service, operation, parameters."""


def main() -> int:
    """0 when the median ratio is within the limit."""
    handler, bare = [], []
    for _ in range(ROUNDS):
        recorded: list[list[Bare]] = []
        _launch(recorded)
        handler += _launch(None)
        bare += _replay(recorded)
    ratio = statistics.median(handler) / statistics.median(bare)
    late = _p99(handler) / _p99(bare)
    print(f"overhead launches={len(handler)} calls={len(recorded[-1])} p50_ratio={ratio:.3f} p99_ratio={late:.3f}")
    return int(ratio > LIMIT)


def _launch(into: list[list[Bare]] | None) -> list[float]:
    """Seconds of each launch; their calls go `into`."""
    with recording(is_on=False):
        _set_scene()
        if into is not None:
            for each in (dynamodb(), client("events")):
                each.meta.events.register("provide-client-params.*.*", lambda **call: into[-1].append(_bare(**call)))
        launch = calling("request_session")
        return [_one_launch(launch, number, into) for number in range(LAUNCHES)][UNMEASURED:]


def _one_launch(launch: Any, number: int, into: list[list[Bare]] | None) -> float:
    event = viewer_event(LAUNCH, **scene.play(f"viewer{number}"))
    if into is not None:
        into.append([])
    began = time.perf_counter()
    answer = launch(event)
    took = time.perf_counter() - began
    assert answer["statusCode"] == 201, answer
    return took


def _replay(recorded: list[list[Bare]]) -> list[float]:
    """Seconds of each launch's calls, with nothing between them."""
    with recording(is_on=False):
        _set_scene()
        clients: Mapping[str, Any] = {"dynamodb": dynamodb(), "events": client("events")}
        return [_one_replay(clients, calls) for calls in recorded][UNMEASURED:]


def _one_replay(clients: Mapping[str, Any], calls: list[Bare]) -> float:
    ready = [(getattr(clients[service], xform_name(operation)), params) for service, operation, params in calls]
    began = time.perf_counter()
    for call, params in ready:
        call(**params)
    return time.perf_counter() - began


def _bare(params: Mapping[str, Any], model: Any, **_: Any) -> Bare:
    return model.service_model.service_name, model.name, copy.deepcopy(params)


def _set_scene() -> None:
    scene.set_scene(all_ports(), slots=LAUNCHES, maximum=LAUNCHES)


def _p99(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=100)[98]


if __name__ == "__main__":
    sys.exit(main())
