"""A payload that is not what its step takes: refused by the name of the field, and nothing is done."""

from __future__ import annotations

from typing import Any

import pytest
from greenroom.domain.errors import InvalidField
from greenroom.domain.names import camel
from greenroom.domain.shape import field_types
from greenroom.domain.times import Time
from greenroom.entry.payload import payload_of

from tests.architecture.test_payloads import SENT, payload_class
from tests.functions.invocations import sample
from tests.functions.test_routes import called

FUNCTIONS = sorted({function for _, function, _ in SENT})
FIELDS = [(function, name) for function in FUNCTIONS for name in field_types(payload_class(function))]
ODD: list[Any] = [True, 1.5, {"x": 1}, ["x", 1], [None], ""]
"""Of no field, or of few."""
TAKEN_FROM_ODD: dict[Any, list[Any]] = {field: [{"x": 1}] for field in ("attempts",)}
"""JSONata may hand over the one instead of a list of one."""


def nullable(kind: Any) -> bool:
    return type(None) in getattr(kind, "__args__", ())


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_sample_is_what_the_step_takes(function: str) -> None:
    assert isinstance(payload_of(payload_class(function), sample(function)), payload_class(function))
    with pytest.raises(AssertionError, match="was asked for"):
        called(function, sample(function))


@pytest.mark.parametrize(("function", "field"), FIELDS)
def test_a_field_that_is_missing_or_wrong_is_named_before_anything_is_done(function: str, field: str) -> None:
    name, kind = camel(field), field_types(payload_class(function))[field]
    whole = sample(function)
    wrong = [{key: value for key, value in whole.items() if key != name}]
    wrong += [{**whole, name: odd} for odd in ODD if odd not in TAKEN_FROM_ODD.get(name, [])]
    wrong += [{**whole, name: None}] if not nullable(kind) and name != "attempts" else []
    wrong += [{**whole, name: "soon"}] if kind in (Time, Time | None) else []
    for payload in wrong:
        with pytest.raises(InvalidField) as refused:
            called(function, payload)
        assert refused.value.field == name, payload


@pytest.mark.parametrize("payload", [None, [], "x", 7, {}])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_is_no_payload_at_all_lacks_its_first_field(function: str, payload: Any) -> None:
    with pytest.raises(InvalidField, match="is missing"):
        called(function, payload)


def test_a_choice_that_is_none_says_what_could_be_chosen() -> None:
    with pytest.raises(InvalidField, match="awaits: must be one of slot, end"):
        called("await_session", {**sample("await_session"), "awaits": "luck"})


def test_null_is_taken_where_nothing_may_be_known() -> None:
    whole = sample("evacuate_instance")
    step = payload_of(payload_class("evacuate_instance"), {**whole, "endsAt": None})
    assert (step.ends_at, step.instance_id) == (None, whole["instanceId"])
    launch = payload_of(payload_class("abandon_launch"), {**sample("abandon_launch"), "attempts": None})
    assert (launch.fault, launch.attempts) == (None, ())
