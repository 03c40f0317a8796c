"""Parses the input that a state machine sends to a step into a frozen dataclass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, TypeVar, get_args

from greenroom.domain.errors import InvalidField
from greenroom.domain.names import camel
from greenroom.domain.shape import field_types
from greenroom.domain.times import Time, epoch_seconds

T = TypeVar("T")


def payload_of(kind: type[T], payload: Any) -> T:
    """Reads the fields by their `camel` names. null is allowed where None is; other fields are ignored.

    Raises: InvalidField for a field that is missing or of another type. The state then fails with that error.
    """
    record: Any = kind
    given = payload if isinstance(payload, Mapping) else {}
    return kind(**{name: _taken(given, camel(name), each) for name, each in field_types(record).items()})


def _taken(given: Mapping[str, Any], name: str, kind: Any) -> Any:
    if name not in given:
        raise InvalidField(name, "is missing")
    value, others = given[name], [each for each in get_args(kind) if each is not type(None)]
    if type(None) in get_args(kind):
        if value is None:
            return None
        (kind,) = others
    try:
        return _member(kind, value) if isinstance(kind, type) and issubclass(kind, Enum) else _READERS[kind](value)
    except ValueError as error:
        raise InvalidField(name, str(error)) from error


def _member(kind: type[Enum], value: Any) -> Enum:
    for each in kind:
        if each.value == value:
            return each
    raise ValueError("must be one of " + ", ".join(str(each.value) for each in kind))


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("must be a text")
    return value


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("must be a whole number")
    return value


def _time(value: Any) -> float:
    try:
        return epoch_seconds(_text(value))
    except (ValueError, OverflowError) as error:
        raise ValueError("must be a time like 2026-01-31T12:00:00.000Z") from error


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError("must be a list of texts")
    return tuple(_text(each) for each in value)


def _objects(value: Any) -> tuple[Mapping[str, Any], ...]:
    """Undoes what JSONata does to lists: one element becomes the element itself, an empty list becomes nothing."""
    values = value if isinstance(value, list) else [] if value is None else [value]
    if not all(isinstance(each, Mapping) for each in values):
        raise ValueError("must be a list of objects")
    return tuple(values)


_READERS: Mapping[Any, Callable[[Any], Any]] = {
    str: _text,
    int: _whole,
    Time: _time,
    tuple[str, ...]: _texts,
    tuple[Mapping[str, Any], ...]: _objects,
}
