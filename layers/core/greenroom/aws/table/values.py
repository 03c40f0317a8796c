"""Converts Python values to DynamoDB attribute values and back.

boto3's own serializer knows more types, but importing it imports all of boto3.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Context, Decimal, Inexact, Rounded
from typing import Any

_NUMBER = Context(prec=38, traps=[Inexact, Rounded])
"""What DynamoDB keeps of a number; more digits are an error. Source: DynamoDB, data types."""


def attribute(value: Any) -> dict[str, Any]:
    """One attribute value. Floats are rounded to milliseconds: every float in a row is a time.

    Raises: TypeError (no row holds such a value), decimal.Inexact (more than 38 digits).
    """
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, int | float | Decimal):
        return {"N": _digits(value)}
    if isinstance(value, Mapping):
        return {"M": item(value)}
    if isinstance(value, list | tuple):
        return {"L": [attribute(each) for each in value]}
    if isinstance(value, set | frozenset) and all(isinstance(each, str) for each in value):
        return {"SS": list(value)}
    raise TypeError(f"no row holds a {type(value).__name__}")


def item(values: Mapping[str, Any]) -> dict[str, Any]:
    """A whole item; fields that are None are left out, so that indexes stay sparse."""
    return {name: attribute(value) for name, value in values.items() if value is not None}


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """An item as Python values; numbers as int or float."""
    return {name: _value(attribute) for name, attribute in row.items()}


def _digits(number: float | Decimal) -> str:
    exact = _NUMBER.create_decimal(str(round(number, 3)) if isinstance(number, float) else number)
    if not exact.is_finite():
        raise TypeError("no row holds an infinite number")
    return str(exact)


def _value(attribute: Mapping[str, Any]) -> Any:
    ((kind, value),) = attribute.items()
    if kind == "N":
        number = Decimal(value)
        return int(number) if number == number.to_integral_value() else float(number)
    if kind == "M":
        return plain(value)
    if kind == "L":
        return [_value(each) for each in value]
    if kind == "SS":
        return set(value)
    return None if kind == "NULL" else value
