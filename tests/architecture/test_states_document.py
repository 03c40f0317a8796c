"""docs/states.md draws exactly the domain's transition tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from greenroom.domain.instance.instance import INSTANCE_TRANSITIONS
from greenroom.domain.instance.launch import LAUNCH_TRANSITIONS
from greenroom.domain.session.session import SESSION_TRANSITIONS
from greenroom.domain.slot.slot import SLOT_TRANSITIONS

from tests.architecture.reading import CORE, ROOT

DIAGRAMS = re.findall(
    r"^## (\w+):.*?```mermaid\n(.*?)```", (ROOT / "docs" / "states.md").read_text(), re.DOTALL | re.MULTILINE
)
TABLES: dict[str, Mapping[Any, frozenset[Any]]] = {
    "Session": SESSION_TRANSITIONS,
    "Slot": SLOT_TRANSITIONS,
    "Instance": INSTANCE_TRANSITIONS,
    "Launch": LAUNCH_TRANSITIONS,
}


def drawn(entity: str) -> list[tuple[str, str, str]]:
    """Edges (before, after, why); the start and the ends are `*`."""
    text = dict(DIAGRAMS)[entity]
    return re.findall(r"^\s*(?:\[(?=\*))?(\w+|\*)\]? --> (?:\[(?=\*))?(\w+|\*)\]?(?:: (.+))?$", text, re.MULTILINE)


def test_every_table_of_the_domain_is_drawn() -> None:
    domain = (CORE / "greenroom" / "domain").rglob("*.py")
    tables = {name for path in domain for name in re.findall(r"^([A-Z]+)_TRANSITIONS", path.read_text(), re.MULTILINE)}
    assert tables == {entity.upper() for entity in TABLES} == {entity.upper() for entity, _ in DIAGRAMS}


@pytest.mark.parametrize("entity", TABLES)
def test_the_picture_has_the_edges_of_the_table(entity: str) -> None:
    table = {(str(before), str(after)) for before, targets in TABLES[entity].items() for after in targets}
    assert {(before, after) for before, after, _ in drawn(entity) if "*" not in (before, after)} == table


@pytest.mark.parametrize("entity", TABLES)
def test_what_absorbs_is_drawn_as_an_end(entity: str) -> None:
    absorbing = {str(state) for state, targets in TABLES[entity].items() if not targets}
    assert {before for before, after, _ in drawn(entity) if after == "*"} == absorbing


@pytest.mark.parametrize("entity", TABLES)
def test_every_edge_says_why(entity: str) -> None:
    assert not [(before, after) for before, after, why in drawn(entity) if after != "*" and not why]
