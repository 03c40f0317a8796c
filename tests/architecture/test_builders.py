"""Tests speak of values (`tests.builders`) and of ports: one module alone knows the rows of the store in memory."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import fields
from pathlib import Path

from greenroom_lab.memory.store import FleetRows, Memory

from tests.architecture.reading import ROOT, python_files

KNOWS = "tests/fakes/store.py"
API = {"lock", "between", "journal"}
"""No rows: the lock, and the seam where tests interleave; the journal is a list that a test reads as it was written."""
ROWS = {*vars(Memory()), *(each.name for each in fields(FleetRows))} - API
OWN = {name for name in ROWS if name.endswith(("_rows", "_counts", "_sessions", "_tokens"))} | {"fleet_rows"}
"""Names of nothing else: of rows whatever stands before them. The others are, where it is the store."""

REMAINS = {
    # A port that is broken on purpose inherits from the one in memory: what it spoils and is given is that one's own.
    "tests/simulation/test_histories.py": {"slot_rows": 1, "quota_rows": 2, "fleet_rows": 1},
}
"""How often a test names rows itself, by file; each with its reason."""


def stem(node: ast.expr) -> str:
    """The last name of an expression: `self.ports.memory` -> `memory`."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def named_rows(path: Path) -> dict[str, int]:
    """Which rows a file names, and how often."""
    found = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute))
    return Counter(each.attr for each in found if _is_row(each))


def _is_row(node: ast.Attribute) -> bool:
    return node.attr in OWN or (node.attr in ROWS and stem(node.value) in ("memory", "fleet_rows"))


def test_no_test_names_the_rows_of_the_store() -> None:
    places = {path.relative_to(ROOT).as_posix(): named_rows(path) for path in python_files("tests")}
    assert {place: rows for place, rows in places.items() if rows and place != KNOWS} == REMAINS


def test_the_rule_sees_a_row_by_whatever_name_its_store_goes(tmp_path: Path) -> None:
    past = tmp_path / "past.py"
    past.write_text(
        "ports.memory.pools['demo'] = pool\n"
        "kept = self.ports.memory\n"
        "kept.session_rows.clear()\n"
        "ports.fleet_rows.launches.clear()\n"
        "ports.pools.read('demo').launches, ports.memory.between, world.events\n"
    )
    assert named_rows(past) == {"pools": 1, "session_rows": 1, "fleet_rows": 1, "launches": 1}
