"""Reads docs/words.md and finds what it forbids: in texts, and in the names that a file gives.

A text is split into lower-case words first, so that `state machine`, `state_machine` and `StateMachine` are the same.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.architecture.reading import ROOT

Phrase = tuple[str, ...]
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")
_QUOTED = re.compile(r"`([^`]+)`")
_COLUMNS = 6
_SCRIPT = re.compile(
    r"//[^\n]*|/\*.*?\*/|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|`(?:\\.|[^`\\])*`|(?P<name>[A-Za-z_$][\w$]*)", re.S
)
_MARKED = re.compile(r"(?:class|'data-testid'): '([^']*)'|(?:class|id|data-testid)=\"([^\"]*)\"")
_SELECTOR = re.compile(r"[.#](-?[A-Za-z_][\w-]*)(?=[^;{}]*\{)")
_KEY = re.compile(r"^ {2}(?: {2})?(\w+):", re.M)


@dataclass(frozen=True, slots=True)
class WordList:
    """`kept`: compounds of words in any spelling; `spelled`: texts that stay exactly as they are."""

    never: frozenset[Phrase]
    not_in_names: frozenset[Phrase]
    kept: frozenset[Phrase]
    spelled: frozenset[str]


@dataclass(frozen=True, slots=True)
class Found:
    """A forbidden phrase and the line that it begins on."""

    phrase: str
    line: int


def words(text: str) -> list[tuple[str, int]]:
    """Each word in lower case with its offset: `StateMachine_arn` -> state, machine, arn."""
    return [(match.group().lower(), match.start()) for match in _WORD.finditer(text)]


@cache
def word_list() -> WordList:
    return parse((ROOT / "docs" / "words.md").read_text())


def parse(page: str) -> WordList:
    """Raises: ValueError (a row that has not six columns)."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line[:2] == "| "]
    if wrong := [row[0] for row in rows if len(row) != _COLUMNS]:
        raise ValueError(f"rows without {_COLUMNS} columns: {wrong}")
    never, not_in_names, stays = ([one for row in rows for one in _QUOTED.findall(row[at])] for at in (2, 3, 5))
    return WordList(
        frozenset(map(_phrase, never)),
        frozenset(map(_phrase, not_in_names)),
        frozenset(_phrase(each) for each in stays if set(each) & set(" -")),
        frozenset(each for each in stays if not set(each) & set(" -")),
    )


def _phrase(text: str) -> Phrase:
    return tuple(word for word, _ in words(text))


def find(text: str, forbidden: Iterable[Phrase], listed: WordList) -> Iterator[Found]:
    """Every forbidden phrase, or its plural, that is no part of a compound that stays."""
    found = words(_without(text, listed.spelled))
    plain = tuple(word for word, _ in found)
    where: dict[str, list[int]] = {}
    for at, word in enumerate(plain):
        where.setdefault(word, []).append(at)
    kept = {at + step for phrase in listed.kept for at in _places(plain, where, phrase) for step in range(len(phrase))}
    for phrase in forbidden:
        for at in _places(plain, where, phrase):
            if not kept & set(range(at, at + len(phrase))):
                yield Found(" ".join(phrase), text.count("\n", 0, found[at][1]) + 1)


def _without(text: str, spelled: Iterable[str]) -> str:
    """Blanks in their place, so that every other word keeps its line."""
    pattern = "|".join(rf"(?<!\w){re.escape(each)}(?!\w)" for each in sorted(spelled, key=len, reverse=True))
    return re.sub(pattern, lambda match: " " * len(match.group()), text) if pattern else text


def _places(plain: Phrase, where: Mapping[str, list[int]], phrase: Phrase) -> Iterator[int]:
    """Where the phrase begins; its last word may be a plural. `where`: the offsets of each word in `plain`."""
    *first, last = phrase
    for end in (*where.get(last, ()), *where.get(f"{last}s", ())):
        begin = end - len(first)
        if begin >= 0 and plain[begin:end] == tuple(first):
            yield begin


def names(path: Path) -> str:
    """What a file is called and the names that it gives, each on the line where it is given."""
    text = path.read_text()
    given = {".py": _python, ".ts": _script, ".mjs": _script, ".css": _style, ".html": _marks, ".yaml": _keys}
    lines = [""] * (text.count("\n") + 2)
    for name, line in given.get(path.suffix, _none)(text):
        lines[line - 1] += f" {name} /"
    lines[0] = f"{' / '.join(path.relative_to(ROOT).parts)} / {lines[0]}"
    return "\n".join(lines)


def _none(_: str) -> Iterator[tuple[str, int]]:
    return iter(())


def _python(text: str) -> Iterator[tuple[str, int]]:
    """Functions, classes, arguments, variables, attributes that are set, and names of imports."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr, node.lineno


def _script(text: str) -> Iterator[tuple[str, int]]:
    """Every identifier outside comments and strings, and CSS classes and test ids."""
    for match in _SCRIPT.finditer(text):
        if match["name"]:
            yield match["name"], text.count("\n", 0, match.start()) + 1
    yield from _marks(text)


def _marks(text: str) -> Iterator[tuple[str, int]]:
    for match in _MARKED.finditer(text):
        yield match[1] or match[2] or "", text.count("\n", 0, match.start()) + 1


def _style(text: str) -> Iterator[tuple[str, int]]:
    for match in _SELECTOR.finditer(text):
        yield match[1], text.count("\n", 0, match.start()) + 1


def _keys(text: str) -> Iterator[tuple[str, int]]:
    """Logical ids of a template, states of a state machine: the keys of the first two levels."""
    for match in _KEY.finditer(text):
        yield match[1], text.count("\n", 0, match.start()) + 1
