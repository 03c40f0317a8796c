"""Converts frozen dataclasses to rows and parts of rows, and back: names by one rule, values by the fields' types.

Times are epoch seconds with milliseconds. None stays None here; `values.item` leaves it out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from enum import Enum
from types import NoneType
from typing import Any, TypeVar, get_args

from greenroom.domain.names import camel
from greenroom.domain.shape import WRITING, Convert, Rules, field_types

T = TypeVar("T")
_REQUIRED = object()


class BrokenRow(Exception):
    """A row does not fit its dataclass. The text names the row, the attribute, and what is wrong."""


def encoded(value: Any) -> dict[str, Any]:
    """The attributes of a dataclass."""
    row: dict[str, Any] = WRITING.record(type(value))(value)
    return row


def decoded(record: type[T], row: Mapping[str, Any]) -> T:
    """The inverse of `encoded`. Other attributes are ignored. Raises: BrokenRow."""
    value: T = _READING.record(record)(row)
    return value


def required(record: Any) -> frozenset[str]:
    """The attributes without which the class cannot be read. An index must contain them."""
    return frozenset(camel(each.name) for each in fields(record) if _default_of(record, each) is _REQUIRED)


class _Reading(Rules):
    sequence = tuple
    members = frozenset

    def enum(self, kind: type[Enum]) -> Convert:
        return kind

    def new_record(self, kind: Any) -> Convert:
        types = field_types(kind)
        parts = [
            (camel(each.name), each.name, self.of(types[each.name]), _default_of(kind, each)) for each in fields(kind)
        ]

        def read(row: Mapping[str, Any]) -> Any:
            values = {}
            for name, field, convert, default in parts:
                found = row.get(name)
                if found is not None:
                    values[field] = found if convert is None else _converted(convert, found, kind, row, name)
                elif default is _REQUIRED:
                    raise BrokenRow(f"{_named(kind, row)} has no {name}")
                elif default is None:
                    values[field] = None
            return kind(**values)

        return read


_READING = _Reading()


def _converted(convert: Convert, found: Any, kind: type, row: Mapping[str, Any], name: str) -> Any:
    try:
        return convert(found)
    except (BrokenRow, ValueError, TypeError, AttributeError) as error:
        raise BrokenRow(f"{_named(kind, row)}: {name}: {error}") from error


def _named(kind: type, row: Mapping[str, Any]) -> str:
    """`Session SESSION#ses-1 META`; a part of a row has no key."""
    return " ".join([kind.__name__, *(str(row[key]) for key in ("pk", "sk") if key in row)])


def _default_of(kind: type, field: Field[Any]) -> Any:
    """_REQUIRED; None, because a row leaves it out; or MISSING: the class has its own. Raises: TypeError."""
    is_optional = NoneType in get_args(field_types(kind)[field.name])
    if field.default is MISSING and field.default_factory is MISSING:
        return None if is_optional else _REQUIRED
    if is_optional and field.default is not None:
        raise TypeError(f"{kind.__name__}.{field.name}: None is left out of rows, and would come back as the default")
    return MISSING
