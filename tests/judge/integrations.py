"""Every SDK integration of the state machines against botocore's model: operation, parameter names, shapes, values."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from greenroom.entry.instance.fleet_call import fleet_arguments

from tests.architecture.reading import (
    STATE_MACHINES,
    Json,
    state_machine,
    state_machine_names,
    state_machine_text,
    states,
)
from tests.fakes.launching import planned, policy
from tests.fakes.stage import stage
from tests.functions.invocations import SETTINGS, handle_of
from tests.judge.api_calls import ApiCall, findings
from tests.judge.findings import Opinion, shown
from tests.judge.places import Keys, lines, nearest

RESOURCE = re.compile(
    r"arn:[^:]+:states:::(?:aws-sdk:)?(?P<service>\w+):(?P<action>\w+)(?:\.(?:sync(?::2)?|waitForTaskToken))?"
)
MODELS = {"states": "stepfunctions", "sfn": "stepfunctions"}
"""What Step Functions calls a service -> what botocore does, where they differ."""


def give_opinion() -> Opinion:
    found = tuple(integrations())
    wrong = [finding for call in found for finding in findings(call)]
    return Opinion(f"{len(found)} integrations of {len(state_machine_names())} state machines", (*wrong,))


def integrations() -> Iterator[ApiCall]:
    """One for every Task."""
    for name in state_machine_names():
        definition, known = state_machine(name), lines(state_machine_text(name))
        file = shown(STATE_MACHINES / f"{name}.asl.yaml")
        for state_name, state in states(definition):
            if state["Type"] == "Task":
                line = nearest(known, (*path_of(definition, state_name), "Arguments"))
                yield integration(file, line, f"{name}.{state_name}", state)


def integration(file: str, line: int, subject: str, state: Json) -> ApiCall:
    """Arguments that are one expression are built by our own code, and judged as it builds them."""
    named = RESOURCE.fullmatch(state["Resource"])
    service, action = (named["service"], named["action"]) if named else ("", str(state["Resource"]))
    arguments = state.get("Arguments", {})
    if isinstance(arguments, str):
        file, line, arguments = built().get(subject, (file, line, None))
    operation = action[0].upper() + action[1:]
    return ApiCall(file, line, subject, MODELS.get(service, service), operation, arguments)


@cache
def built() -> dict[str, tuple[str, int, Any]]:
    """State -> file, line and arguments of what `prepare_launch` gives it for a pool with both markets."""
    ports = stage(0)
    policy(ports, always_on=1)
    event = {"poolId": "demo", "launchId": planned(ports).launch_id}
    answer = handle_of("prepare_launch")(event, ports, SETTINGS)
    file = shown(Path(inspect.getfile(fleet_arguments)))
    line = inspect.getsourcelines(fleet_arguments)[1]
    return {
        "launch_instance.LaunchSpot": (file, line, answer["spot"]),
        "launch_instance.LaunchOnDemand": (file, line, answer["onDemand"]),
    }


def path_of(definition: Json, wanted: str) -> Keys:
    """The keys that lead to a state, which may stand inside a Map or a branch."""
    for name, state in definition["States"].items():
        if name == wanted:
            return ("States", name)
        inner: list[tuple[Keys, Any]] = [(("ItemProcessor",), state.get("ItemProcessor"))]
        inner += [(("Branches", number), each) for number, each in enumerate(state.get("Branches", []))]
        for keys, each in inner:
            if each and (found := path_of(each, wanted)):
                return ("States", name, *keys, *found)
    return ()
