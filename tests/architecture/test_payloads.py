"""What a state machine sends to a step is what the step's dataclass takes, both ways."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any

import pytest
from greenroom.domain.names import camel
from greenroom.domain.shape import field_types

from tests.architecture.reading import (
    CORE,
    Json,
    module_name,
    pascal,
    snake,
    state_machine,
    state_machine_names,
    states,
)
from tests.functions.invocations import module_of


def sent() -> Iterator[tuple[str, str, Json]]:
    """State, function and payload of every step that is a Lambda function."""
    for name in state_machine_names():
        for state_name, state in states(state_machine(name)):
            if ":lambda:invoke" in state.get("Resource", ""):
                arguments = state["Arguments"]
                function = snake(arguments["FunctionName"].strip("${}").removesuffix("Function"))
                yield f"{name}.{state_name}", function, arguments["Payload"]


SENT = list(sent())


def payload_class(function: str) -> Any:
    """`adopt_session` -> `AdoptSessionPayload`, as its handler knows it."""
    return getattr(module_of(function), f"{pascal(function)}Payload")


@pytest.mark.parametrize(("state", "function", "payload"), SENT, ids=[state for state, _, _ in SENT])
def test_a_state_sends_what_the_dataclass_of_its_function_takes(state: str, function: str, payload: Json) -> None:
    kind = payload_class(function)
    assert list(payload) == [camel(name) for name in field_types(kind)]
    assert kind.__dataclass_params__.frozen


def choices(function: str) -> dict[str, set[str]]:
    """Field -> what it may say, where that is a closed list of this function's own."""
    own = payload_class(function)
    enums = {camel(name): each for name, each in field_types(own).items() if isinstance(each, type)}
    return {
        name: {str(member.value) for member in each}
        for name, each in enums.items()
        if issubclass(each, Enum) and each.__module__ == own.__module__
    }


@pytest.mark.parametrize("function", sorted({function for _, function, _ in SENT}))
def test_every_choice_of_a_payload_is_made_by_some_state_and_no_other_is(function: str) -> None:
    payloads = [payload for _, name, payload in SENT if name == function]
    for name, values in choices(function).items():
        assert {payload[name] for payload in payloads} == values


def test_the_choices_are_found() -> None:
    assert choices("await_session") == {"awaits": {"slot", "end"}}
    assert choices("advance_event") == {"act": {"takeSteps", "giveBack"}}


def test_every_payload_of_the_entry_is_sent_by_some_state() -> None:
    modules = {module_name(path) for path in (CORE / "greenroom/entry").rglob("*_payloads.py")}
    known = {payload_class(function) for _, function, _ in SENT}
    assert {each.__module__ for each in known} == modules
    named = {
        name for module in modules for name in vars(__import__(module, fromlist=["*"])) if name.endswith("Payload")
    }
    assert named == {each.__name__ for each in known}
