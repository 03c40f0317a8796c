"""The base of Journal entries. The Journal is Greenroom's log of what happened; each kind of entry is one frozen class.

The classes are named in the past tense. Each entry is filed under the thing that it is about: a session, an instance, a
pool or another. A test compares each class with its schema and sample (events/journal) and its row in events/README.md.
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

    A stored entry has the class name as its kind, and the fields under their camelCase names as its facts.
    """

    NAMED_BY_ENTITY: ClassVar[frozenset[str]] = frozenset()
    """The fields that the key in `entities` already contains, so that they are not stored again as facts."""

    @property
    def kind(self) -> str:
        return type(self).__name__

    @property
    def entities(self) -> tuple[str, ...]:
        """The keys of the things that the entry is about, like `SESSION#ses-...`.

        The entry is written once under each key. Most entries have a single key.
        """
        raise NotImplementedError

    def facts(self) -> dict[str, Any]:
        """The entry's fields as JSON values; amounts of money remain Decimals. Fields that are None are left out."""
        written: dict[str, Any] = WRITING.record(type(self))(self)
        named = {camel(name) for name in self.NAMED_BY_ENTITY}
        return {name: _known(value) for name, value in written.items() if name not in named and value is not None}


def _known(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _known(each) for name, each in value.items() if each is not None}
    return [_known(each) for each in value] if isinstance(value, list) else value
