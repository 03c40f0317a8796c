"""Which AWS calls a method of an adapter makes, and on which tables and partitions: its code is followed, not run.

Every branch is taken, every loop entered. A call of ours is followed with what is known of its arguments, so that an
adapter of two tables is told apart write by write. What AWS answers is a value that names no table.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tests.architecture.modules import Module, module
from tests.architecture.rights.access import PARTITION_NAMES, PARTS, Access, asked, touched
from tests.architecture.rights.value import UNKNOWN, Value, either, joined, text, together

FOLLOWED = ("greenroom.aws.", "greenroom.domain.tenant", "greenroom.entry.compose")
"""Elsewhere no table is named; what goes in comes out."""
WRITE_METHODS = {"as_update", "as_check", "as_delete", "arguments"}


@dataclass(slots=True)
class Frame:
    """A function that is followed: its module, and what its names stand for so far."""

    where: str
    names: dict[str, Value]
    answers: list[Value] = field(default_factory=list)

    def name(self, name: str, value: Value) -> None:
        self.names[name] = either(self.names[name], value) if name in self.names else value


class Flow:
    """Collects the calls of everything that it follows."""

    def __init__(self) -> None:
        self.found: set[Access] = set()
        self._answers: dict[tuple[str, str, tuple[tuple[str, Value], ...]], Value] = {}

    # -- functions and classes of ours

    def made(self, where: str, cls: str, given: Sequence[Value], named: Mapping[str, Value]) -> Value:
        """An object of the class, as its `__init__` fills it."""
        own, names = Value(cls=(where, cls)), Frame(where, {})
        init = _module(where).functions.get(f"{cls}.__init__")
        if init is None:
            return own
        names.names = {"self": own, **self._bound(where, init, [own, *given], named)}
        self._follow(init.body, names)
        return names.names["self"]

    def called(self, where: str, name: str, given: Sequence[Value], named: Mapping[str, Value] | None = None) -> Value:
        """What the function answers."""
        function = _module(where).functions[name]
        bound = self._bound(where, function, given, named or {})
        key = (where, name, tuple(sorted(bound.items(), key=lambda each: each[0])))
        if key not in self._answers:
            self._answers[key] = Value(texts=frozenset())  # while it is followed: nothing, for who calls himself
            frame = Frame(where, dict(bound))
            self._follow(function.body, frame)
            self._answers[key] = _any(frame.answers)
        return self._answers[key]

    def _bound(
        self, where: str, function: ast.FunctionDef, given: Sequence[Value], named: Mapping[str, Value]
    ) -> dict[str, Value]:
        arguments = function.args
        plain = [*arguments.posonlyargs, *arguments.args]
        found = {each.arg: value for each, value in zip(plain, given, strict=False)}
        rest = together(
            [*given[len(plain) :], *(value for name, value in named.items() if name not in _names_of(function))]
        )
        found |= {each.arg: rest for each in (arguments.vararg, arguments.kwarg) if each}
        found |= {name: value for name, value in named.items() if name in _names_of(function)}
        frame = Frame(where, {})
        defaults = [*zip(plain[::-1], arguments.defaults[::-1], strict=False)]
        defaults += [
            (name, value) for name, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if value
        ]
        for each, default in defaults:
            found.setdefault(each.arg, self._value(default, frame))
        return {name: found.get(name, UNKNOWN) for name in [*_names_of(function), *found]}

    # -- statements

    def _follow(self, body: Sequence[ast.stmt], frame: Frame) -> None:
        for _ in range(2):  # a second time: what a loop's end says of its beginning
            for statement in body:
                self._statement(statement, frame)

    def _statement(self, node: ast.AST, frame: Frame) -> None:
        match node:
            case ast.FunctionDef():
                inner = Frame(frame.where, frame.names | _unknown(node.args))
                self._follow(node.body, inner)
                frame.name(node.name, _any(inner.answers).inside())
            case ast.Assign():
                value = self._value(node.value, frame)
                for target in node.targets:
                    self._bind(target, value, frame)
            case ast.AnnAssign() | ast.AugAssign():
                if node.value is not None:
                    self._bind(node.target, self._value(node.value, frame), frame)
            case ast.Return():
                frame.answers.append(self._value(node.value, frame) if node.value else UNKNOWN)
            case ast.For():
                self._bind(node.target, _member(self._value(node.iter, frame)), frame)
                for _ in range(2):
                    self._each(node.body + node.orelse, frame)
            case ast.expr():
                self._value(node, frame)
            case _:
                self._each(ast.iter_child_nodes(node), frame)

    def _each(self, nodes: Iterator[ast.AST] | Sequence[ast.AST], frame: Frame) -> None:
        for each in nodes:
            self._statement(each, frame)

    def _bind(self, target: ast.expr, value: Value, frame: Frame) -> None:
        match target:
            case ast.Name():
                frame.name(target.id, value)
            case ast.Tuple(elts) | ast.List(elts):
                parts = value.parts if value.parts and len(value.parts) == len(elts) else None
                for index, each in enumerate(elts):
                    self._bind(each, parts[index] if parts else _member(value), frame)
            case ast.Attribute(value=ast.Name(id=name)) if name in frame.names:
                frame.names[name] = frame.names[name].holding(target.attr, value)
            case ast.Subscript(value=ast.Name(id=name)) if name in frame.names:
                frame.name(name, together([frame.names[name], value]))
            case ast.Starred():
                self._bind(target.value, value, frame)

    # -- expressions

    def _value(self, node: ast.expr, frame: Frame) -> Value:
        match node:
            case ast.Constant(value=str(given)):
                return text(given)
            case ast.Name():
                return self._named(node.id, frame)
            case ast.JoinedStr():
                return joined(self._value(each, frame) for each in node.values)
            case ast.FormattedValue():
                value = self._value(node.value, frame)
                return value if node.format_spec is None else together([value])
            case ast.BinOp(op=ast.Add()):
                return joined([self._value(node.left, frame), self._value(node.right, frame)])
            case ast.Tuple(elts) if not any(isinstance(each, ast.Starred) for each in elts):
                return Value(parts=tuple(self._value(each, frame) for each in elts))
            case ast.Dict():
                return self._dictionary(node, frame)
            case ast.IfExp():
                self._value(node.test, frame)
                return either(self._value(node.body, frame), self._value(node.orelse, frame))
            case ast.Lambda():
                return self._value(node.body, Frame(frame.where, frame.names | _unknown(node.args))).inside()
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self._comprehension(node, frame)
            case ast.Attribute():
                return self._attribute(node, frame)
            case ast.Call():
                return self._call(node, frame)
            case ast.Yield() | ast.YieldFrom():
                frame.answers.append(self._value(node.value, frame) if node.value else UNKNOWN)
                return UNKNOWN
            case _:
                return together(
                    self._value(each, frame) for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr)
                )

    def _named(self, name: str, frame: Frame) -> Value:
        if name in frame.names:
            return frame.names[name]
        where, name = _module(frame.where).imported.get(name, (frame.where, name))
        found = module(where)
        if found is None or name not in found.constants:
            return UNKNOWN
        return self._value(found.constants[name], Frame(where, {}))

    def _dictionary(self, node: ast.Dict, frame: Frame) -> Value:
        found = []
        for key, given in zip(node.keys, node.values, strict=True):
            value = self._value(given, frame)
            name = key.value if isinstance(key, ast.Constant) else None
            if name in PARTITION_NAMES:
                value = Value(value.tables, value.indexes, value.keys | value.texts)
            elif name == "IndexName":
                value = Value(indexes=value.texts)
            elif name in PARTS:
                self.found |= touched(PARTS[str(name)], value.inside())
            found.append(value)
        return together(found)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, frame: Frame) -> Value:
        inner = Frame(frame.where, dict(frame.names))
        for each in node.generators:
            inner.names |= {name.id: UNKNOWN for name in ast.walk(each.target) if isinstance(name, ast.Name)}
            self._bind(each.target, _member(self._value(each.iter, inner)), inner)
            for condition in each.ifs:
                self._value(condition, inner)
        made = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        return together(self._value(each, inner) for each in made)

    def _attribute(self, node: ast.Attribute, frame: Frame) -> Value:
        owner = self._value(node.value, frame)
        if frame.where.endswith(".compose") and node.attr.endswith("_table"):
            return Value(tables=frozenset({node.attr}))
        if owner.cls is None:
            return owner.inside()
        where, cls = owner.cls
        if f"{cls}.{node.attr}" in _module(where).functions:  # handed on: called by somebody, with something
            return self.called(where, f"{cls}.{node.attr}", [owner])
        return owner.field(node.attr) or UNKNOWN

    def _call(self, node: ast.Call, frame: Frame) -> Value:
        if isinstance(node.func, ast.Name):
            return self._call_of_name(node.func.id, node, frame)
        given, named = self._arguments(node, frame)
        everything = [*given, *named.values()]
        if not isinstance(node.func, ast.Attribute):
            return together([self._value(node.func, frame), *everything])
        name, owner = node.func.attr, self._value(node.func.value, frame)
        if owner.cls is not None and f"{owner.cls[1]}.{name}" in _module(owner.cls[0]).functions:
            return self.called(owner.cls[0], f"{owner.cls[1]}.{name}", [owner, *given], named)
        assert name not in WRITE_METHODS, f"{frame.where}: line {node.lineno}: cannot see whose {name} this is"
        if "IndexName" in named:
            everything.append(Value(indexes=named["IndexName"].texts))
        if (made := asked(node, together(everything))) is not None:
            self.found |= made
            return UNKNOWN
        return together([owner, *everything])

    def _call_of_name(self, name: str, node: ast.Call, frame: Frame) -> Value:
        given, named = self._arguments(node, frame)
        if name not in frame.names:
            where, name = _module(frame.where).imported.get(name, (frame.where, name))
            found = module(where) if where.startswith(FOLLOWED) else None
            if found is not None and name in found.functions:
                return self.called(where, name, given, named)
            if found is not None and f"{name}.__init__" in found.functions:
                return self.made(where, name, given, named)
        return together([frame.names.get(name, UNKNOWN), *given, *named.values()])

    def _arguments(self, node: ast.Call, frame: Frame) -> tuple[list[Value], dict[str, Value]]:
        given: list[Value] = []
        for each in node.args:
            value = self._value(each.value if isinstance(each, ast.Starred) else each, frame)
            given += (value.parts or [value.inside()] * 2) if isinstance(each, ast.Starred) else [value]
        named = {each.arg or f"**{index}": self._value(each.value, frame) for index, each in enumerate(node.keywords)}
        return given, {name: value.inside() if name.startswith("**") else value for name, value in named.items()}


def _module(where: str) -> Module:
    found = module(where)
    assert found is not None, where
    return found


def _names_of(function: ast.FunctionDef) -> list[str]:
    arguments = function.args
    return [each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]


def _unknown(arguments: ast.arguments) -> dict[str, Value]:
    return {each.arg: UNKNOWN for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}


def _member(value: Value) -> Value:
    """Of what is gone through."""
    return _any(value.parts) if value.parts else value.inside()


def _any(values: Sequence[Value]) -> Value:
    found = list(values) or [UNKNOWN]
    answer = found[0]
    for each in found[1:]:
        answer = either(answer, each)
    return answer
