"""A slot changes in one place: its row, its free entry and the count of its pool's free slots."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.reading import CORE, module_name

ADAPTERS = sorted((CORE / "greenroom" / "aws").rglob("*.py"))
USE_CASES = sorted((CORE / "greenroom" / "usecases").rglob("*.py"))
MASTER = "greenroom.aws.slot.slot_moves"
COUNTED = {"free", "taken"}
"""Attributes of a pool's row that follow from the moves of its slots."""
REPAIR = "correct_free"
"""Sets the count to what a recount found."""


def functions(path: Path) -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            yield f"{module_name(path)}.{node.name}", node


def calls(tree: ast.AST) -> Iterator[tuple[str, list[ast.expr]]]:
    """Of functions and methods: the last name, and what each is given."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func).rpartition(".")[2], node.args


def counts_slots(tree: ast.AST) -> bool:
    written = [given[0] for name, given in calls(tree) if name in ("count", "set", "set_once", "remove") and given]
    return any(isinstance(each, ast.Constant) and each.value in COUNTED for each in written)


def writes_a_slot(tree: ast.AST) -> bool:
    """`Write(table, *slot_key(...))`, or a free entry that is put or deleted."""
    for name, given in calls(tree):
        text = " ".join(ast.unparse(each) for each in given)
        if name in ("Write", "put", "store", "discard") and any(key in text for key in ("slot_key(", "free_row(")):
            return True
    return False


def test_the_free_counter_is_written_with_the_moves_and_by_its_repair() -> None:
    found = {name for path in ADAPTERS for name, function in functions(path) if counts_slots(function)}
    assert found == {f"{MASTER}.count_moves", f"greenroom.aws.pool.pools.{REPAIR}"}


def test_a_slot_is_written_in_one_place_but_for_its_lease() -> None:
    found = {name for path in ADAPTERS for name, function in functions(path) if writes_a_slot(function)}
    ours = {name for name in found if name.startswith(f"{MASTER}.")}
    assert ours
    assert found - ours == {"greenroom.aws.slot.slots.extend_lease"}


def test_no_use_case_counts_slots() -> None:
    """The reaper alone sets the count, to what it found; everybody else makes moves."""
    writers = {"add_free", "count_taken", "count_moves", REPAIR}
    named = {
        (module_name(path), node.attr)
        for path in USE_CASES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in writers
    }
    assert named == {("greenroom.usecases.reaper.reconcile_pool", REPAIR)}
