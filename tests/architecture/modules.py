"""A Python file of ours by its dotted name: its functions, constants, and where its imported names come from."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.architecture.reading import CORE, ROOT, code_of


@dataclass(frozen=True, slots=True)
class Module:
    """`functions`: methods too, as `Class.method`. `imported`: name -> (module, name there)."""

    functions: dict[str, ast.FunctionDef]
    constants: dict[str, ast.expr]
    imported: dict[str, tuple[str, str]]


@cache
def module(name: str) -> Module | None:
    """None for what is not ours."""
    is_handler = name.startswith("functions.")
    path = (ROOT if is_handler else CORE) / Path(*name.split(".")).with_suffix(".py")
    if not path.is_file():
        return None
    code = code_of(path)
    functions: dict[str, ast.FunctionDef] = {}
    constants: dict[str, ast.expr] = {}
    for node in code.body:
        if isinstance(node, ast.FunctionDef):
            functions[node.name] = node
        elif isinstance(node, ast.ClassDef):
            functions |= {f"{node.name}.{each.name}": each for each in node.body if isinstance(each, ast.FunctionDef)}
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            constants |= {each.id: node.value for each in targets if isinstance(each, ast.Name)}
    imported = {
        alias.asname or alias.name: (each.module, alias.name)
        for each in ast.walk(code)
        if isinstance(each, ast.ImportFrom) and each.module
        for alias in each.names
    }
    return Module(functions, constants, imported)
