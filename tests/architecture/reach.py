"""What a function's code can do, read from the code itself: which ports it reaches, and what their adapters ask of AWS.

Follows names: a use case that a handler mentions is taken as called. Nothing is imported or run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.architecture.reading import CORE, ROOT, code_of

READING = {"get_item", "query"}
WRITING = {"put_item", "update_item", "delete_item", "transact_write_items"}
COMPOSE = CORE / "greenroom" / "entry" / "compose.py"


@dataclass(frozen=True, slots=True)
class Module:
    """A file's functions and methods (`Class.method`), and where its imported names come from."""

    functions: dict[str, ast.FunctionDef]
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
    imported: dict[str, tuple[str, str]] = {}
    for node in code.body:
        if isinstance(node, ast.FunctionDef):
            functions[node.name] = node
        elif isinstance(node, ast.ClassDef):
            functions |= {f"{node.name}.{each.name}": each for each in node.body if isinstance(each, ast.FunctionDef)}
    for each in ast.walk(code):
        if isinstance(each, ast.ImportFrom) and each.module:
            imported |= {alias.asname or alias.name: (each.module, alias.name) for alias in each.names}
    return Module(functions, imported)


@dataclass(slots=True)
class Reach:
    """`ports`: (port, method) pairs; `calls`: attribute names called on anything, such as `put_item`."""

    ports: set[tuple[str, str]] = field(default_factory=set)
    settings: set[str] = field(default_factory=set)
    calls: set[str] = field(default_factory=set)
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def follow(self, where: str, name: str) -> None:
        """Everything that the function `name` of the module `where` mentions."""
        found = module(where)
        if found is None or (where, name) in self._seen:
            return
        self._seen.add((where, name))
        owner = name.rpartition(".")[0]
        methods = [each for each in found.functions if each.startswith(f"{name}.")]  # a class: all it can do
        for method in methods:
            self.follow(where, method)
        if name not in found.functions:
            return
        for node in ast.walk(found.functions[name]):
            if isinstance(node, ast.Attribute):
                self._note(node)
                if owner and isinstance(node.value, ast.Name) and node.value.id == "self":
                    self.follow(where, f"{owner}.{node.attr}")
            elif isinstance(node, ast.Name):
                self.follow(*found.imported.get(node.id, (where, node.id)))

    def _note(self, node: ast.Attribute) -> None:
        self.calls.add(node.attr)
        inner = node.value
        if isinstance(inner, ast.Name) and inner.id == "settings":
            self.settings.add(node.attr)
        if isinstance(inner, ast.Name) and inner.id == "ports":
            self.ports.add((node.attr, ""))
        if isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name) and inner.value.id == "ports":
            self.ports.add((inner.attr, node.attr))


@cache
def of_function(name: str) -> Reach:
    """What the Lambda's handler can reach."""
    reach, where = Reach(), f"functions.{name}.handler"
    handler = module(where)
    assert handler is not None, f"functions/{name}/handler.py is missing"
    for each in handler.functions:
        reach.follow(where, each)
    return reach


@dataclass(frozen=True, slots=True)
class Adapter:
    """How the composition root builds a port: the class behind it and the settings it is given."""

    module: str
    cls: str
    fields: frozenset[str]

    def calls(self, method: str) -> set[str]:
        """What one of its methods calls, through everything it mentions."""
        reach = Reach()
        reach.follow(self.module, f"{self.cls}.{method}")
        return reach.calls


@cache
def adapters() -> dict[str, Adapter]:
    """Port -> its adapter, from compose.py."""
    found = {}
    for node in ast.walk(code_of(COMPOSE)):
        if isinstance(node, ast.ClassDef) and node.name == "AwsPorts":
            for each in node.body:
                if isinstance(each, ast.FunctionDef) and (made := _adapter(each)):
                    found[each.name] = made
    return found


def _adapter(built: ast.FunctionDef) -> Adapter | None:
    imports = [node for node in ast.walk(built) if isinstance(node, ast.ImportFrom)]
    fields = frozenset(_settings_read(built))
    if not imports and not fields:
        return None
    where, cls = (str(imports[0].module), imports[0].names[0].name) if imports else ("", "")
    return Adapter(where, cls, fields)


def _settings_read(built: ast.FunctionDef) -> Iterator[str]:
    """What is read at once; a setting inside a lambda is read by the methods that call it."""
    later = {inner for node in ast.walk(built) if isinstance(node, ast.Lambda) for inner in ast.walk(node)}
    for node in ast.walk(built):
        if node in later:
            continue
        if isinstance(node, ast.Attribute):
            of_self = isinstance(node.value, ast.Attribute) and node.value.attr == "settings"
            of_where = isinstance(node.value, ast.Name) and node.value.id == "where"
            if of_self or of_where:
                yield node.attr
