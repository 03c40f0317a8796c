"""What the Journal holds: past tense, one frozen class per kind, each under the entity that it is about.

Each class, its schema and sample (events/journal) and its catalogue row (events/README.md) agree by a test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import Any, ClassVar

from greenroom.domain.names import camel
from greenroom.domain.tenant import owned


def session_entity(session_id: str) -> str:
    return f"SESSION#{session_id}"


def instance_entity(instance_id: str) -> str:
    return f"INSTANCE#{instance_id}"


def application_entity(application_id: str) -> str:
    return owned("APPLICATION", application_id)


def pool_entity(pool_id: str) -> str:
    return owned("POOL", pool_id)


def event_entity(event_id: str) -> str:
    return owned("EVENT", event_id)


@dataclass(frozen=True, slots=True)
class Entry:
    """The base: the kind is the class name, the facts are the fields in camelCase, the entities come from the ids."""

    NAMED_BY_ENTITY: ClassVar[frozenset[str]] = frozenset()
    """Fields that the entity says already: no facts."""

    @property
    def kind(self) -> str:
        return type(self).__name__

    @property
    def entities(self) -> tuple[str, ...]:
        """Whose history it belongs to: one row for each. Mostly it is one."""
        raise NotImplementedError

    def facts(self) -> dict[str, Any]:
        """As JSON has them, but for Decimals."""
        own = [each.name for each in fields(self) if each.name not in self.NAMED_BY_ENTITY]
        return {camel(name): _told(value) for name in own if (value := getattr(self, name)) is not None}


def _told(value: Any) -> Any:
    """Classes inside by the same rule; what is None is left out."""
    if is_dataclass(value):
        return _told({camel(each.name): getattr(value, each.name) for each in fields(value)})
    if isinstance(value, Mapping):
        return {str(name): _told(each) for name, each in value.items() if each is not None}
    if isinstance(value, list | tuple):
        return [_told(each) for each in value]
    return value.value if isinstance(value, Enum) else value
