"""What is known of a value in an adapter's code without running it: the tables and partition keys in it, its text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce
from itertools import product

ANY_TEXT = frozenset({"*"})
MOST_TEXTS = 12
"""As many texts as are told apart; more are any text."""


@dataclass(frozen=True, slots=True)
class Value:
    """`tables`, `indexes` and `keys` are of everything inside it; `texts` what it may be itself, with `*` for the rest.

    `cls` and `fields`: it is an object of this class of ours. `parts`: it is a tuple.
    """

    tables: frozenset[str] = frozenset()
    indexes: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()
    texts: frozenset[str] = ANY_TEXT
    cls: tuple[str, str] | None = None
    fields: tuple[tuple[str, Value], ...] = ()
    parts: tuple[Value, ...] | None = None

    def inside(self) -> Value:
        """Only what is inside: of an object, its fields; of a tuple, its parts."""
        return together(
            [*(value for _, value in self.fields), *(self.parts or ()), Value(self.tables, self.indexes, self.keys)]
        )

    def field(self, name: str) -> Value | None:
        return dict(self.fields).get(name)

    def holding(self, name: str, value: Value) -> Value:
        """The object, where the field may be this value, too."""
        fields = dict(self.fields)
        fields[name] = either(fields[name], value) if name in fields else value
        return replace(self, fields=tuple(sorted(fields.items(), key=lambda each: each[0])))


UNKNOWN = Value()


def text(value: str) -> Value:
    return Value(texts=frozenset({value}))


def together(values: Iterable[Value]) -> Value:
    """One that contains all of them, and is none of them."""
    given = list(values)
    if any(each.fields or each.parts for each in given):
        given = [each.inside() for each in given]
    return Value(
        frozenset().union(*(each.tables for each in given)),
        frozenset().union(*(each.indexes for each in given)),
        frozenset().union(*(each.keys for each in given)),
    )


def either(first: Value, second: Value) -> Value:
    """One that may be either."""
    if first == second:
        return first
    texts = first.texts | second.texts
    both = replace(together([first, second]), texts=ANY_TEXT if "*" in texts or len(texts) > MOST_TEXTS else texts)
    if first.cls is not None and first.cls == second.cls:
        return reduce(
            lambda made, each: made.holding(*each), second.fields, replace(both, cls=first.cls, fields=first.fields)
        )
    if first.parts is not None and second.parts is not None and len(first.parts) == len(second.parts):
        return replace(both, parts=tuple(map(either, first.parts, second.parts)))
    return both


def joined(pieces: Iterable[Value]) -> Value:
    """Texts one after the other, as in an f-string."""
    given = list(pieces)
    found = {"".join(each) for each in product(*(sorted(piece.texts) for piece in given))}
    texts = frozenset(_plain(each) for each in found) if len(found) <= MOST_TEXTS else ANY_TEXT
    return replace(together(given), texts=texts)


def _plain(pattern: str) -> str:
    while "**" in pattern:
        pattern = pattern.replace("**", "*")
    return pattern
