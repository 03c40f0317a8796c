"""The base of Journal entries. The Journal is a log of what happened; each kind of entry is one frozen class.

Classes are named in the past tense. An entry is filed under the session, instance, pool or other thing that it is
about. A test compares each class with its schema and sample (events/journal) and its row in events/README.md.
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
    """The base class of all Journal entries.

    An entry's row in the table has the class name as its kind, and the fields in camelCase as its facts.
    """

    NAMED_BY_ENTITY: ClassVar[frozenset[str]] = frozenset()
    """Fields that the entity's key contains already, so that they are left out of the facts."""

    @property
    def kind(self) -> str:
        return type(self).__name__

    @property
    def entities(self) -> tuple[str, ...]:
        """The keys of the things to whose history the entry belongs.

        The entry is written once for each key; most entries have a single key.
        """
        raise NotImplementedError

    def facts(self) -> dict[str, Any]:
        """The fields as JSON values (amounts of money stay Decimals); a field that is None is left out."""
        written: dict[str, Any] = WRITING.record(type(self))(self)
        named = {camel(name) for name in self.NAMED_BY_ENTITY}
        return {name: _known(value) for name, value in written.items() if name not in named and value is not None}


def _known(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _known(each) for name, each in value.items() if each is not None}
    return [_known(each) for each in value] if isinstance(value, list) else value
