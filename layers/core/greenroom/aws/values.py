"""Python values as DynamoDB attribute values, and back; times as the rows hold them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
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


def iso(at: float) -> str:
    """Epoch seconds -> `2026-01-31T12:00:00.000Z`: sorts as text."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def epoch(text: str) -> float:
    """The inverse of `iso`."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


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
