"""Every write to DynamoDB goes through the one place that makes it again when it meets a running transaction."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from greenroom_lab.memory.conflicts import WRITES as CAN_BE_REFUSED

from tests.architecture.modules import module
from tests.architecture.reach import adapters
from tests.architecture.reading import code_of, module_name, python_files

GUARD = "despite_conflicts"
PLACES = {"greenroom.aws.table.rows", "greenroom.aws.table.transaction"}
WRITES = {
    "put_item",
    "update_item",
    "delete_item",
    "transact_write_items",
    "batch_write_item",
    "execute_statement",
    "execute_transaction",
    "batch_execute_statement",
}
FILES = [path for path in python_files("functions", "layers/core") if "build" not in path.parts]


def mentions(tree: ast.AST) -> list[ast.Attribute]:
    """Where a write is named, called or not: a method that is handed on counts."""
    return [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in WRITES]


def calls(tree: ast.AST, names: set[str]) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            yield node


def guarded(tree: ast.AST) -> Iterator[ast.Attribute]:
    """Those inside what `despite_conflicts` is given, itself or through a function that hands its argument on."""
    named = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    passes_on = {
        name
        for name, function in named.items()
        for call in calls(function, {GUARD})
        if ast.unparse(call.args[0]) in {argument.arg for argument in function.args.args}
    }
    for call in calls(tree, {GUARD, *passes_on}):
        (given,) = call.args
        yield from mentions(given)
        for each in ast.walk(given):
            if isinstance(each, ast.Name) and each.id in named:
                yield from mentions(named[each.id])


def unguarded(path: Path) -> set[str]:
    tree = code_of(path)
    return {f"{node.attr} in line {node.lineno}" for node in {*mentions(tree)} - {*guarded(tree)}}


def test_no_write_is_made_but_in_the_two_places() -> None:
    assert {module_name(path) for path in FILES if mentions(code_of(path))} == PLACES


def test_every_write_is_made_again_after_a_conflict() -> None:
    assert {module_name(path): wrong for path in FILES if (wrong := unguarded(path))} == {}


def test_the_rule_sees_a_write_that_goes_past_it(tmp_path: Path) -> None:
    past = tmp_path / "past.py"
    past.write_text("despite_conflicts(lambda: client().put_item(Item={}))\nclient().put_item(Item={})\n")
    assert unguarded(past) == {"put_item in line 2"}


def test_a_fake_refuses_the_writes_that_the_adapters_make() -> None:
    found: dict[str, frozenset[str]] = {}
    for port, adapter in adapters().items():
        code = module(adapter.module) if adapter.module else None
        methods = [name.partition(".") for name in code.functions] if code else []
        public = {method for cls, _, method in methods if cls == adapter.cls and not method.startswith("_")}
        if writing := frozenset(method for method in public if any(each.is_write for each in adapter.accesses(method))):
            found[port] = writing
    assert found == CAN_BE_REFUSED
