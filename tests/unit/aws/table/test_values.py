"""Attribute values as boto3 would write them, without boto3."""

from __future__ import annotations

from decimal import Inexact
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer
from greenroom.aws.table.values import attribute, item, plain
from hypothesis import given
from hypothesis import strategies as some

SCALARS = some.none() | some.booleans() | some.text() | some.integers(-(10**37), 10**37)
VALUES = some.recursive(
    SCALARS | some.frozensets(some.text(), min_size=1),
    lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner.filter(lambda each: each is not None)),
)


def in_order(value: Any) -> Any:
    """A set's members come in any order."""
    if isinstance(value, dict):
        return {name: sorted(each) if name == "SS" else in_order(each) for name, each in value.items()}
    return [in_order(each) for each in value] if isinstance(value, list) else value


@given(VALUES)
def test_values_are_written_as_boto3_writes_them(value: Any) -> None:
    assert in_order(attribute(value)) == in_order(TypeSerializer().serialize(value))


@given(some.dictionaries(some.text(), VALUES.filter(lambda each: each is not None)))
def test_what_was_written_is_read_again(row: dict[str, Any]) -> None:
    assert plain(item(row)) == row


def test_a_float_is_a_time_and_kept_to_the_millisecond() -> None:
    assert attribute(1_800_000_000.12349) == {"N": "1800000000.123"}
    assert plain({"at": {"N": "1800000000.5"}, "whole": {"N": "3.0"}}) == {"at": 1_800_000_000.5, "whole": 3}


@pytest.mark.parametrize(
    ("value", "error"), [(float("inf"), TypeError), (float("nan"), TypeError), (10**40 + 1, Inexact), (b"x", TypeError)]
)
def test_what_no_row_can_hold_is_refused(value: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        attribute(value)
