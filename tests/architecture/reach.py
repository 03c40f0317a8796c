"""What a function's code can do, read from the code itself: which ports it reaches, and what their adapters ask of AWS.

Follows names: a use case that a handler mentions is taken as called. Nothing is imported or run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from tests.architecture.modules import module
from tests.architecture.reading import CORE, code_of
from tests.architecture.rights.access import Access
from tests.architecture.rights.flow import Flow
from tests.architecture.rights.value import Value

COMPOSE = CORE / "greenroom" / "entry" / "compose.py"
EVENTS = "greenroom.domain.events"


@dataclass(slots=True)
class Reach:
    """`ports`: (port, method) pairs. `handed_on`: ports given to somebody as a whole, so that no method is seen.

    `announced`: the events that are made. `answering`: the modules that answer a waiting state machine.
    """

    ports: set[tuple[str, str]] = field(default_factory=set)
    handed_on: set[str] = field(default_factory=set)
    settings: set[str] = field(default_factory=set)
    announced: set[str] = field(default_factory=set)
    answering: set[str] = field(default_factory=set)
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
        code = found.functions.get(name) or found.constants.get(name)
        if code is None:
            return
        nodes = list(ast.walk(code))
        owners = {node.value for node in nodes if isinstance(node, ast.Attribute)}
        for node in nodes:
            if isinstance(node, ast.Attribute):
                self._note(node, where, is_owner=node in owners)
                if owner and isinstance(node.value, ast.Name) and node.value.id == "self":
                    self.follow(where, f"{owner}.{node.attr}")
            elif isinstance(node, ast.Name):
                self.follow(*found.imported.get(node.id, (where, node.id)))
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                origin, made = found.imported.get(node.func.id, (where, node.func.id))
                self.announced |= {made} if origin == EVENTS != where else set()

    def _note(self, node: ast.Attribute, where: str, is_owner: bool) -> None:
        inner = node.value
        if isinstance(inner, ast.Name) and inner.id == "settings":
            self.settings.add(node.attr)
        if isinstance(inner, ast.Name) and inner.id == "ports":
            self.ports.add((node.attr, ""))
            self.handed_on |= set() if is_owner else {node.attr}
        if isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name) and inner.value.id == "ports":
            self.ports.add((inner.attr, node.attr))
            self.answering |= {where} if inner.attr == "tasks" else set()


@cache
def of_function(name: str) -> Reach:
    """What the Lambda's handler can reach."""
    reach, where = Reach(), f"functions.{name}.handler"
    handler = module(where)
    assert handler is not None, f"functions/{name}/handler.py is missing"
    for each in handler.functions:
        reach.follow(where, each)
    return reach


def accesses(name: str) -> frozenset[Access]:
    """Every call to AWS that the Lambda's handler can reach, through the adapters of its ports."""
    reached = [(adapters()[port], method) for port, method in of_function(name).ports if port in adapters()]
    return frozenset().union(*(adapter.accesses(method) for adapter, method in reached if method))


@dataclass(frozen=True, slots=True)
class Adapter:
    """How the composition root builds a port: the class behind it and the settings it is given."""

    port: str
    module: str
    cls: str
    fields: frozenset[str]

    @property
    def is_on_aws(self) -> bool:
        return self.module.startswith("greenroom.aws.")

    def accesses(self, method: str) -> frozenset[Access]:
        """What one of its methods asks of AWS."""
        return _accesses(self, method) if self.is_on_aws else frozenset()


@cache
def _accesses(adapter: Adapter, method: str) -> frozenset[Access]:
    flow = Flow()
    built = flow.called("greenroom.entry.compose", f"AwsPorts.{adapter.port}", [Value()])
    flow.called(adapter.module, f"{adapter.cls}.{method}", [built])
    return frozenset(flow.found)


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
    return Adapter(built.name, where, cls, fields)


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
