"""One word per idea: what docs/words.md forbids stands nowhere in the product."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.architecture.reading import ROOT
from tests.architecture.words import find, names, parse, word_list

PRODUCT = (
    "README.md",
    "CONTRIBUTING.md",
    "template.yaml",
    "agent",
    "cli",
    "docs",
    "events",
    "frontend",
    "functions",
    "layers",
    "statemachines",
)
TEXTS = (".py", ".ts", ".mjs", ".css", ".html", ".yaml", ".md", ".toml")
"""No JSON: samples say what AWS says, and a schema's description is its class's docstring."""
ALLOWED: frozenset[tuple[str, str]] = frozenset()
"""(start of a path, word) that is still to be rewritten. It only shrinks."""


def files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "--", *PRODUCT], cwd=ROOT, capture_output=True, text=True, check=True)
    found = [ROOT / name for name in listed.stdout.splitlines() if name.endswith(TEXTS) and name != "docs/words.md"]
    return [path for path in found if path.is_file()]


def is_allowed(name: str, phrase: str) -> bool:
    return any(name.startswith(start) and phrase == word for start, word in ALLOWED)


def forbidden_in(path: Path) -> list[str]:
    name, listed = path.relative_to(ROOT).as_posix(), word_list()
    given = names(path)
    found = [*find(path.read_text(), listed.never, listed), *find(given.split("\n")[0], listed.never, listed)]
    if "tests" not in path.parts:  # a test's name is a sentence
        found += find(given, listed.not_in_names, listed)
    return sorted({f"{name}:{each.line}: {each.phrase}" for each in found if not is_allowed(name, each.phrase)})


def test_no_forbidden_word_stands_in_the_product() -> None:
    assert [each for path in files() for each in forbidden_in(path)] == []


def test_what_is_still_allowed_still_stands_somewhere() -> None:
    listed = word_list()
    phrases = listed.never | listed.not_in_names
    seen = [(path.relative_to(ROOT).as_posix(), path.read_text()) for path in files() if ALLOWED]
    unused = {
        (start, word)
        for start, word in ALLOWED
        if not any(
            each.phrase == word
            for name, text in seen
            if name.startswith(start)
            for each in find(f"{name}\n{text}", phrases, listed)
        )
    }
    assert unused == set()


PAGE = "| seat of a viewer | x | `seat` | `tell` | | `child seat`, `SeatNumber` |\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a seat", ["seat"]),
        ("SEATS_TAKEN = 1", ["seat"]),
        ("freeSeat, free_seat, free-seat", ["seat", "seat", "seat"]),
        ("a child seat, childSeats and SeatNumber", []),
        ("SeatNumbers and the child", ["seat"]),
        ("they tell us; a season", []),
    ],
)
def test_a_word_is_found_in_every_spelling_and_not_in_a_compound_that_stays(text: str, found: list[str]) -> None:
    listed = parse(PAGE)
    assert [each.phrase for each in find(text, listed.never, listed)] == found


def test_a_name_is_read_where_it_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.architecture.words.ROOT", tmp_path)
    source = tmp_path / "module.py"
    source.write_text('"""They tell us."""\n\n\ndef tell_page(who): ...\n')
    listed = parse(PAGE)
    assert [(each.phrase, each.line) for each in find(names(source), listed.not_in_names, listed)] == [("tell", 4)]


def test_a_row_of_the_list_has_six_columns() -> None:
    with pytest.raises(ValueError, match="seat"):
        parse("| seat | x | |\n")
