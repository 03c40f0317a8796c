"""What lint does not see inside a machine: targets, reachability, timeouts, retries, catches, words, shape."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import pytest
from greenroom.domain import errors
from jsonata import Jsonata

from tests.architecture.reading import Json, state_machine, state_machine_names, state_machine_text, states

MOST_STATES = 10
MOST_LINES = 120
INTEGRATIONS = {
    "arn:aws:states:::lambda:invoke",
    "arn:aws:states:::lambda:invoke.waitForTaskToken",
    "arn:aws:states:::aws-sdk:ec2:createFleet",
    "arn:aws:states:::events:putEvents",
    "arn:aws:states:::states:startExecution",
}
"""The closed list: what decides or changes state is a Lambda."""
FAULTS = {
    "lambda:invoke": {
        "Lambda.AWSLambdaException",
        "Lambda.ClientExecutionTimeoutException",
        "Lambda.SdkClientException",
        "Lambda.ServiceException",
        "Lambda.TooManyRequestsException",
        "StoreBusy",
    },
    "aws-sdk:ec2:createFleet": {"Ec2.Ec2Exception", "Ec2.SdkClientException"},
    "states:startExecution": {
        "StepFunctions.ExecutionLimitExceededException",
        "StepFunctions.SdkClientException",
        "StepFunctions.ThrottlingException",
    },
}
"""Throttles and service faults, by integration. Source: Step Functions developer guide, error handling.

A function names what its tables refuse for the moment: without StoreBusy here, a conflict that outlasts the adapters'
own tries would end the session.
"""
AWS_ERRORS = re.compile(r"(States|Lambda|Ec2|StepFunctions)\.\w+")
DOMAIN_ERRORS = {
    name for name, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, errors.GreenroomError)
}
every_state_machine = pytest.mark.parametrize("name", state_machine_names())


def tasks(name: str) -> list[tuple[str, Json]]:
    return [(state_name, state) for state_name, state in states(state_machine(name)) if state["Type"] == "Task"]


def kind_of(state: Json) -> str:
    return str(state["Resource"]).removeprefix("arn:aws:states:::").removesuffix(".waitForTaskToken")


def scopes(definition: Json) -> Iterator[Json]:
    """The machine and each processor inside it: names are local to one of them."""
    yield definition
    for state in definition["States"].values():
        for inner in [state.get("ItemProcessor"), *state.get("Branches", [])]:
            if inner:
                yield from scopes(inner)


def targets(state: Json) -> list[str]:
    nexts = [state.get("Next"), state.get("Default")]
    nexts += [each["Next"] for each in [*state.get("Choices", []), *state.get("Catch", [])]]
    return [each for each in nexts if each]


@every_state_machine
def test_every_target_exists_and_every_state_is_reached(name: str) -> None:
    for scope in scopes(state_machine(name)):
        known = set(scope["States"])
        reached, waiting = {scope["StartAt"]}, [scope["StartAt"]]
        while waiting:
            found = targets(scope["States"][waiting.pop()])
            assert set(found) <= known
            waiting += set(found) - reached
            reached |= set(found)
        assert reached == known


@every_state_machine
def test_every_state_goes_on_or_ends(name: str) -> None:
    for scope in scopes(state_machine(name)):
        for state_name, state in scope["States"].items():
            assert "End" not in state, f"{state_name}: name the outcome instead"
            if state["Type"] in ("Succeed", "Fail"):
                assert not targets(state)
            elif state["Type"] == "Choice":
                assert "Default" in state, f"{state_name}: no match is an error without a Default"
            else:
                assert "Next" in state, state_name


@every_state_machine
def test_the_machine_reads_from_top_to_bottom(name: str) -> None:
    definition = state_machine(name)
    assert list(definition) == ["Comment", "QueryLanguage", "StartAt", "TimeoutSeconds", "States"]
    assert definition["QueryLanguage"] == "JSONata"
    assert next(iter(definition["States"])) == definition["StartAt"]
    assert len(definition["Comment"]) > 100, "say what starts it and what it promises"


@every_state_machine
def test_a_machine_is_small(name: str) -> None:
    assert len(list(states(state_machine(name)))) <= MOST_STATES
    assert state_machine_text(name).count("\n") <= MOST_LINES


@every_state_machine
def test_names_are_phrases_and_choices_ask(name: str) -> None:
    for state_name, state in states(state_machine(name)):
        assert re.fullmatch(r"([A-Z][a-z]+){2,}", state_name), state_name
        is_question = state_name.startswith(("Is", "Was", "Has", "How", "What", "Did"))
        assert is_question == (state["Type"] == "Choice"), state_name


@every_state_machine
def test_every_task_uses_an_integration_of_the_closed_list(name: str) -> None:
    for state_name, state in tasks(name):
        assert state["Resource"] in INTEGRATIONS, state_name


@every_state_machine
def test_every_task_and_the_machine_have_a_timeout(name: str) -> None:
    longest = 0
    for state_name, state in tasks(name):
        assert isinstance(state.get("TimeoutSeconds"), int), state_name
        longest = max(longest, state["TimeoutSeconds"])
    assert state_machine(name)["TimeoutSeconds"] > longest, "its own timeout skips every Catch: it must come last"


@every_state_machine
def test_every_task_retries_throttles_and_faults_with_full_jitter(name: str) -> None:
    for state_name, state in tasks(name):
        (retry,) = state["Retry"]
        assert set(retry["ErrorEquals"]) == FAULTS[kind_of(state)], state_name
        assert retry["JitterStrategy"] == "FULL", state_name
        assert retry["MaxDelaySeconds"] <= 20, state_name
        assert 2 <= retry["MaxAttempts"] <= 6, state_name
        assert retry["BackoffRate"] >= 2, state_name


def is_caught(name: str, state_name: str, state: Json) -> bool:
    """By its own Catch, or by that of the Map it runs in."""
    if any("States.ALL" in each["ErrorEquals"] for each in state.get("Catch", [])):
        return True
    return any(
        state_name in outer["ItemProcessor"]["States"]
        and any("States.ALL" in each["ErrorEquals"] for each in outer.get("Catch", []))
        for _, outer in states(state_machine(name))
        if "ItemProcessor" in outer
    )


@every_state_machine
def test_every_task_catches_what_it_did_not_expect(name: str) -> None:
    for state_name, state in tasks(name):
        assert is_caught(name, state_name, state), state_name
        for catcher in state.get("Catch", [])[:-1]:
            assert "States.ALL" not in catcher["ErrorEquals"], f"{state_name}: States.ALL must stand last"


@every_state_machine
def test_every_caught_error_is_a_word_of_aws_or_of_the_domain(name: str) -> None:
    for state_name, state in states(state_machine(name)):
        for each in [*state.get("Retry", []), *state.get("Catch", [])]:
            for error in each["ErrorEquals"]:
                assert AWS_ERRORS.fullmatch(error) or error in DOMAIN_ERRORS, f"{state_name}: {error}"


def test_what_is_retried_is_no_answer_that_a_use_case_gives() -> None:
    """A Conflict is caught as "somebody was faster": a table that is busy must never pass for one."""
    assert errors.StoreBusy.__bases__ == (errors.GreenroomError,)


@every_state_machine
def test_every_error_a_machine_names_itself_is_a_word_of_the_domain(name: str) -> None:
    named = re.findall(r"\berror: ([A-Z]\w+)", state_machine_text(name))
    assert set(named) <= DOMAIN_ERRORS


@every_state_machine
def test_a_token_goes_to_the_function_that_stores_it(name: str) -> None:
    for state_name, state in tasks(name):
        has_token = "$states.context.Task.Token" in str(state["Arguments"])
        assert has_token == state["Resource"].endswith(".waitForTaskToken"), state_name


def expressions(value: object) -> Iterator[str]:
    if isinstance(value, str):
        if "{%" in value:
            assert value.startswith("{%"), value
            assert value.endswith("%}"), value
            yield value[2:-2].strip()
    elif isinstance(value, dict):
        for inner in value.values():
            yield from expressions(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from expressions(inner)


@every_state_machine
def test_every_expression_parses_and_only_compares_and_picks(name: str) -> None:
    found = list(expressions(state_machine(name)))
    assert found
    for expression in found:
        Jsonata(expression)
        assert not re.search(r"\s[-+*/%]\s", re.sub(r"'[^']*'", "", expression)), f"arithmetic: {expression}"


@every_state_machine
def test_jsonpath_is_not_mixed_in(name: str) -> None:
    keys = re.findall(
        r"^\s*(Parameters|InputPath|OutputPath|ResultPath|ResultSelector|\S+\.\$):", state_machine_text(name), re.M
    )
    assert not keys


def test_a_hot_session_enters_five_states() -> None:
    """Each entered state costs money and time; Choice and Succeed count too."""
    definition, path = state_machine("session_lifecycle"), ["AdoptAndAwaitConnection"]
    while True:
        state = definition["States"][path[-1]]
        following = state.get("Next") or state.get("Default")
        if following is None:
            break
        path.append(following)
    assert path == ["AdoptAndAwaitConnection", "AwaitEnd", "HowDidItEnd", "ReleaseSlot", "SessionEnded"]
