"""What became of rights between two templates: gone, narrowed, or new."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from tests.architecture.reading import pascal
from tests.architecture.rights.effective import Right

REPLACES: Mapping[str, tuple[str, ...]] = {
    "follow_plan": ("start_instances", "stop_instances", "retire_instances"),
    "await_session": ("await_slot", "await_end"),
    "record_interruption": ("note_interruption",),
    "record_connection": ("open_connection", "close_connection"),
    "configure_catalog": ("configure_application", "configure_pool"),
    "configure_quota": ("configure_quota", "operate_account"),
    "advance_event": ("advance_event", "restore_event"),
}
"""A function -> those whose work it took over: it may do what any of them might."""


@dataclass(frozen=True, slots=True)
class Difference:
    """`narrowed`: an earlier right of which only a part is left, by a condition or by a closer resource."""

    removed: tuple[Right, ...]
    narrowed: tuple[Right, ...]
    added: tuple[Right, ...]

    def summary(self) -> str:
        removed, narrowed, added = (
            sum(each.is_write for each in rights) for rights in (self.removed, self.narrowed, self.added)
        )
        return f"write rights removed={removed} added={added} narrowed={narrowed}"


def difference(before: Iterable[Right], after: Iterable[Right]) -> Difference:
    """Of what stays the same nothing is said. Roles of before are called as what replaces them."""
    now = sorted(set(after))
    roles = {right.role for right in now}
    earlier = sorted({_renamed(right, roles) for right in before})
    by_role = {role: [right for right in now if right.role == role] for role in roles}
    left = [right for right in earlier if not any(covers(each, right) for each in by_role.get(right.role, []))]
    narrowed = [right for right in left if any(covers(right, each) for each in by_role.get(right.role, []))]
    added = [right for right in now if not any(covers(each, right) for each in earlier if each.role == right.role)]
    return Difference(tuple(each for each in left if each not in narrowed), tuple(narrowed), tuple(added))


def _renamed(right: Right, roles: set[str]) -> Right:
    """Who may invoke a function may invoke what took over its work."""
    role, resource = right.role, right.resource
    for new, old in REPLACES.items():
        if new in roles:
            role = new if role in old else role
            resource = f"{pascal(new)}Function" if resource in {f"{pascal(each)}Function" for each in old} else resource
    return replace(right, role=role, resource=resource)


def covers(wide: Right, narrow: Right) -> bool:
    """Whether who has the one may do all that the other allows."""
    return (
        wide.action == narrow.action
        and fnmatchcase(narrow.resource, wide.resource)
        and _is_stricter(_read(narrow.condition), _read(wide.condition))
    )


def _read(condition: str) -> dict[str, dict[str, list[str]]]:
    return json.loads(condition) if condition else {}


def _is_stricter(narrow: dict[str, dict[str, list[str]]], wide: dict[str, dict[str, list[str]]]) -> bool:
    """Everything that the wide one demands is demanded, of no more values."""
    return all(
        key in narrow.get(operator, {}) and all(_is_one_of(each, values) for each in narrow[operator][key])
        for operator, keys in wide.items()
        for key, values in keys.items()
    )


def _is_one_of(value: str, patterns: list[str]) -> bool:
    return any(fnmatchcase(value, pattern) for pattern in patterns)
