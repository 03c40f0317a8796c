"""Converts Python values to DynamoDB attribute values and back."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

_WRITE, _READ = TypeSerializer(), TypeDeserializer()


def attribute(value: Any) -> dict[str, Any]:
    """One attribute value. Floats are rounded to milliseconds: every float in a row is a time."""
    return dict(_WRITE.serialize(_plain(value)))


def item(values: Mapping[str, Any]) -> dict[str, Any]:
    """A whole item; fields that are None are left out, so that indexes stay sparse."""
    return {name: attribute(value) for name, value in values.items() if value is not None}


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """An item as Python values; numbers as int or float."""
    return {name: _number(_READ.deserialize(value)) for name, value in row.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return Decimal(str(round(value, 3)))
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items() if each is not None}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value


def _number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {key: _number(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_number(each) for each in value]
    return value
