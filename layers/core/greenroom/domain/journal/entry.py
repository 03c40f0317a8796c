"""What the Journal holds: past tense, one frozen class per kind, each under the entity that it is about.

Each class, its schema and sample (events/journal) and its catalogue row (events/README.md) agree by a test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from greenroom.domain.names import camel
from greenroom.domain.shape import WRITING
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
        """As JSON has them, but for Decimals; what is None is left out."""
        written: dict[str, Any] = WRITING.record(type(self))(self)
        named = {camel(name) for name in self.NAMED_BY_ENTITY}
        return {name: _known(value) for name, value in written.items() if name not in named and value is not None}


def _known(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _known(each) for name, each in value.items() if each is not None}
    return [_known(each) for each in value] if isinstance(value, list) else value
