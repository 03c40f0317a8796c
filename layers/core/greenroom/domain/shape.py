"""Converts frozen dataclasses to plain values (mappings, lists, texts, numbers); `camel` makes the field names.

The type of a field decides how its value is converted. The conversion of a class is worked out when its first value is
converted. So importing a module works out nothing, and converting a value inspects no types.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from greenroom.domain.names import camel
from greenroom.domain.times import TIME, iso

Convert = Callable[[Any], Any]
T = TypeVar("T")
_PLAIN = frozenset({str, int, float, bool, Decimal})


def shown(value: Any) -> dict[str, Any]:
    """Converts a dataclass object as the HTTP API and the event bus show it: times as ISO 8601 text, None as null."""
    view: dict[str, Any] = SHOWING.record(type(value))(value)
    return view


def selected(view: type[T], source: Any, **others: Any) -> T:
    """Makes an object of the dataclass `view`.

    Each field gets its value from `others` if it has that name, and from `source` if not.
    """
    kind: Any = view
    names = [each for each in field_types(kind) if each not in others]
    return view(**{name: getattr(source, name) for name in names}, **others)


@cache
def field_types(record: Any) -> Mapping[str, Any]:
    """The types of a dataclass's fields, by field name."""
    hints = get_type_hints(record, include_extras=True)
    return {each.name: hints[each.name] for each in fields(record)}


class Rules(ABC):
    """The rules by which a value is converted, depending on its type.

    Subclasses say how enumerations and dataclasses are converted.
    """

    time: Convert | None = None
    sequence: Callable[..., Any]
    members: Callable[..., Any]

    def __init__(self) -> None:
        self._records: dict[type, Convert] = {}

    @abstractmethod
    def enum(self, kind: type[Enum]) -> Convert:
        """Returns the function that converts values of the enumeration `kind`."""

    @abstractmethod
    def new_record(self, kind: type) -> Convert:
        """Builds and returns the function that converts values of the dataclass `kind`."""

    def record(self, kind: Any) -> Convert:
        """Returns the function that converts values of the dataclass `kind`. It is built at the first call, and kept.

        Raises: TypeError (the type of a field cannot be converted).
        """
        convert = self._records.get(kind)
        if convert is None:
            convert = self._records[kind] = self.new_record(kind)
        return convert

    def of(self, kind: Any) -> Convert | None:
        """Returns the function that converts values of the type `kind`; None when such values need no conversion.

        Raises: TypeError (values of this type cannot be converted).
        """
        origin, inner = get_origin(kind), get_args(kind)
        if origin is Annotated:
            return self.time if TIME in inner[1:] else self.of(inner[0])
        if origin in (Union, UnionType):
            return _unless_none(self.of(_optional_of(kind)))
        if kind in _PLAIN:
            return None
        if isinstance(kind, type) and is_dataclass(kind):
            return self.record(kind)
        if isinstance(kind, type) and issubclass(kind, Enum):
            return self.enum(kind)
        if origin is tuple and inner[1:] == (...,):
            return _together(self.sequence, self.of(inner[0]))
        if origin is frozenset:
            return _together(self.members, self.of(inner[0]))
        if origin is Mapping:
            return _by_key(self.of(inner[1]))
        raise TypeError(f"{kind} has no rule")


class Writing(Rules):
    """Converts dataclasses to plain values. `time` is the function that converts times; None keeps times as numbers."""

    sequence = list
    members = sorted  # sets have no order, but equal sets must give equal text

    def __init__(self, time: Convert | None) -> None:
        super().__init__()
        self.time = time

    def enum(self, kind: type[Enum]) -> Convert:
        return lambda value: value.value

    def new_record(self, kind: type) -> Convert:
        parts = [(camel(name), name, self.of(each)) for name, each in field_types(kind).items()]

        def write(value: Any) -> dict[str, Any]:
            return {
                name: getattr(value, field) if convert is None else convert(getattr(value, field))
                for name, field, convert in parts
            }

        return write


WRITING, SHOWING = Writing(None), Writing(iso)


def _optional_of(kind: Any) -> Any:
    """The type beside None in an optional type: `str | None` -> `str`. Raises: TypeError for any other union."""
    others = [each for each in get_args(kind) if each is not NoneType]
    if len(others) != 1:
        raise TypeError(f"{kind} has no rule")
    return others[0]


def _unless_none(convert: Convert | None) -> Convert | None:
    return convert and (lambda value: None if value is None else convert(value))


def _together(whole: Callable[..., Any], convert: Convert | None) -> Convert:
    return whole if convert is None else lambda values: whole([convert(value) for value in values])


def _by_key(convert: Convert | None) -> Convert:
    return dict if convert is None else lambda values: {key: convert(value) for key, value in values.items()}
