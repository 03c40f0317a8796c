"""A use case names the roles that it and its callees use: mypy finds one that is missing, this finds one too many."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.reach import module
from tests.architecture.reading import CORE

USECASES = sorted((CORE / "greenroom/usecases").rglob("*.py"))


def classes(path: Path) -> list[ast.ClassDef]:
    """Those that only type checkers see, too."""
    return [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ClassDef)]


@cache
def members() -> dict[str, str]:
    """What is reached on `ports` -> the role that has it."""
    found: dict[str, str] = {}
    for path in sorted((CORE / "greenroom/ports").glob("*.py")):
        for each in classes(path):
            is_role = each.name.startswith("Has") or path.stem == "world"
            names = [node.name for node in each.body if isinstance(node, ast.FunctionDef)] if is_role else []
            found |= dict.fromkeys(names, each.name)
    return found


def named(path: Path) -> set[str]:
    """The roles of the module's `Ports`; none where it has no such class."""
    bases = [ast.unparse(base) for each in classes(path) if each.name == "Ports" for base in each.bases]
    return set(bases) - {"Protocol"}


def reached(path: Path) -> set[str]:
    """By the module itself, and what the modules want whose functions it hands its ports."""
    tree = ast.parse(path.read_text())
    found = {
        members()[node.attr]
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "ports"
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (callee := module(str(node.module))):
            taken = [callee.functions[name.name] for name in node.names if name.name in callee.functions]
            if any(argument.arg == "ports" for each in taken for argument in each.args.args):
                found |= named(CORE / Path(*str(node.module).split(".")).with_suffix(".py"))
    return found


@pytest.mark.parametrize("path", [path for path in USECASES if named(path)], ids=lambda path: path.stem)
def test_a_use_case_names_the_roles_that_it_reaches_and_no_others(path: Path) -> None:
    assert named(path) == reached(path)


def test_most_use_cases_reach_few_roles() -> None:
    sizes = sorted(len(named(path)) for path in USECASES if named(path))
    assert sizes[len(sizes) // 2] <= 8
