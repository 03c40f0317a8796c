"""Every outcome and every Catch of session_lifecycle."""

from __future__ import annotations

import itertools

import pytest

from tests.workflows.rehearsal import KEEPS, Case, Rehearsal, check, raises, returns, untaken, wakes

SESSION = "ses-abcdefghijklmnopqrstuvwx23"
GIVEN = {"detail-type": "SessionRequested", "detail": {"sessionId": SESSION, "poolId": "demo"}}
CONNECTED = wakes({"sessionId": SESSION, "fact": "connected", "outcome": "connected"})
ENDED = wakes({"sessionId": SESSION, "fact": "ended", "outcome": "userLeft"})
ASSIGNED = wakes({"sessionId": SESSION, "fact": "assigned", "outcome": "assigned"})
MIGRATED = wakes({"sessionId": SESSION, "fact": "migrated", "outcome": "migrated"})
DONE = [returns({})]
BUSY = raises("StoreBusy")
HOT = ["AdoptAndAwaitConnection", "AwaitEnd", "HowDidItEnd", "ReleaseSlot", "SessionEnded"]
UNDONE = ["EndSession", "ReleaseSlot", "SessionEnded"]

CASES = [
    Case(
        "a hot session enters five states",
        {"adopt_session": [CONNECTED], "await_session": [ENDED], "release_slot": DONE},
        HOT,
    ),
    Case(
        "a session without a slot stands in line first",
        {
            "adopt_session": [raises("NoFreeSlot"), CONNECTED],
            "await_session": [ASSIGNED, ENDED],
            "release_slot": DONE,
        },
        ["AdoptAndAwaitConnection", "AwaitSlot", *HOT],
    ),
    Case(
        "a session that ends in line passes through, its facts being there already",
        {
            "adopt_session": [raises("NoFreeSlot"), ENDED],
            "await_session": [ENDED, ENDED],
            "release_slot": DONE,
        },
        ["AdoptAndAwaitConnection", "AwaitSlot", *HOT],
    ),
    Case(
        "a duplicate event ends quietly and touches nothing",
        {"adopt_session": [raises("SessionAlreadyAdopted")]},
        ["AdoptAndAwaitConnection", "DuplicateIgnored"],
    ),
    Case(
        "a migrated session awaits its connection again",
        {"adopt_session": [CONNECTED], "await_session": [MIGRATED, ENDED], "release_slot": DONE},
        [*HOT[:3], *HOT],
    ),
    Case(
        "a migrated session for which there is no slot stands in line, as one that is asked for",
        {
            "adopt_session": [CONNECTED, raises("NoFreeSlot"), CONNECTED],
            "await_session": [MIGRATED, ASSIGNED, ENDED],
            "release_slot": DONE,
        },
        [*HOT[:3], "AdoptAndAwaitConnection", "AwaitSlot", *HOT],
    ),
    Case(
        "a session that loses its slot before anyone connected goes the same way",
        {
            "adopt_session": [MIGRATED, raises("NoFreeSlot"), CONNECTED],
            "await_session": [MIGRATED, ASSIGNED, ENDED],
            "release_slot": DONE,
        },
        [*HOT[:3], "AdoptAndAwaitConnection", "AwaitSlot", *HOT],
    ),
    Case(
        "nobody connects and nobody says so: undone",
        {"adopt_session": [KEEPS], "end_session": DONE, "release_slot": DONE},
        ["AdoptAndAwaitConnection", *UNDONE],
        timeouts={"AdoptAndAwaitConnection": 1},
    ),
    Case(
        "adoption fails in a way nobody foresaw: undone",
        {"adopt_session": [raises("Surprise")], "end_session": DONE, "release_slot": DONE},
        ["AdoptAndAwaitConnection", *UNDONE],
    ),
    Case(
        "the line is forgotten: undone",
        {
            "adopt_session": [raises("NoFreeSlot")],
            "await_session": [KEEPS],
            "end_session": DONE,
            "release_slot": DONE,
        },
        ["AdoptAndAwaitConnection", "AwaitSlot", *UNDONE],
        timeouts={"AwaitSlot": 1},
    ),
    Case(
        "the end is never told: undone",
        {"adopt_session": [CONNECTED], "await_session": [KEEPS], "end_session": DONE, "release_slot": DONE},
        ["AdoptAndAwaitConnection", "AwaitEnd", *UNDONE],
        timeouts={"AwaitEnd": 1},
    ),
    Case(
        "the slot cannot be given back: left to the reaper",
        {"adopt_session": [CONNECTED], "await_session": [ENDED], "release_slot": [raises("Surprise")]},
        [*HOT[:4], "SessionFailed"],
        error="Surprise",
    ),
    Case(
        "the undo fails: left to the reaper",
        {"adopt_session": [raises("Surprise")], "end_session": [raises("Conflict")]},
        ["AdoptAndAwaitConnection", "EndSession", "SessionFailed"],
        error="Conflict",
    ),
    Case(
        "a throttled call is made again",
        {
            "adopt_session": [CONNECTED],
            "await_session": [ENDED],
            "release_slot": [raises("Lambda.TooManyRequestsException"), returns({})],
        },
        HOT,
        retried=True,
    ),
    Case(
        "a session in line stays there while its tables are busy",
        {
            "adopt_session": [BUSY, raises("NoFreeSlot"), BUSY, CONNECTED],
            "await_session": [BUSY, BUSY, ASSIGNED, BUSY, ENDED],
            "release_slot": [BUSY, returns({})],
        },
        ["AdoptAndAwaitConnection", "AwaitSlot", *HOT],
        retried=True,
    ),
    Case(
        "an undo is made again, too, while its tables are busy",
        {"adopt_session": [raises("Surprise")], "end_session": [BUSY, returns({})], "release_slot": DONE},
        ["AdoptAndAwaitConnection", *UNDONE],
        retried=True,
    ),
]

AWAITS = {"AwaitSlot": "slot", "AwaitEnd": "end"}


def without_repeats(awaited: list[str]) -> list[str]:
    """A call that is made again says the same again."""
    return [each for each, _ in itertools.groupby(awaited)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.desc)
def test_session_lifecycle(rehearsal: Rehearsal, case: Case) -> None:
    played = rehearsal.play("session_lifecycle", case, GIVEN)
    check(played, case, "session_lifecycle")
    for calls in played.asked.values():
        assert {call["sessionId"] for call in calls} == {SESSION}
    awaited = [call["awaits"] for call in played.asked.get("await_session", [])]
    assert without_repeats(awaited) == without_repeats([AWAITS[state] for state in case.path if state in AWAITS])
    if "end_session" in played.asked:
        assert played.asked["end_session"][0]["error"] in ("States.Timeout", "Surprise")


def test_every_token_is_a_new_one_and_the_execution_names_itself(rehearsal: Rehearsal) -> None:
    """A retried or repeated wait must not be woken by the token of the one before."""
    played = rehearsal.play("session_lifecycle", CASES[1], GIVEN)
    first, second = played.asked["adopt_session"]
    tokens = {first["taskToken"], second["taskToken"], played.asked["await_session"][0]["taskToken"]}
    assert len(tokens) == 3
    assert first["executionArn"] == second["executionArn"]
    assert ":execution:session_lifecycle-" in first["executionArn"]


def test_every_step_of_the_machine_is_taken_by_some_case() -> None:
    assert untaken("session_lifecycle", CASES) == set()
