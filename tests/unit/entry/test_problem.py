"""A domain error that a client may see is a problem whose `detail` is a sentence: what is wrong, and what to do."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from greenroom.domain import errors
from greenroom.domain.errors import GreenroomError
from greenroom.entry.problem import problem_of

SENTENCES = re.compile(r"[A-Z][^;]* [^;]*[^.; ]\.")
ARGUMENTS: dict[str, Any] = {
    "noun": "pool",
    "name": "demo",
    "limit": 5,
    "retry_after_s": 30,
    "now": 100.0,
    "try_again_at": 160.0,
    "opens_at": 100.0,
    "epoch": 4,
    "state": "Over",
}
WORDS_OF_ITS_OWN = {
    "InvalidField": "`field: reason`, the reason is a phrase after the field's name",
    "KillSwitchThrown": "the operator's own words",
}


def made(kind: type[GreenroomError]) -> GreenroomError:
    if not inspect.isfunction(
        kind.__init__
    ):  # it carries a free text, which tests/architecture/test_error_texts.py reads
        return kind("It is not so. Do that.")
    required = [name for name, each in inspect.signature(kind).parameters.items() if each.default is each.empty]
    return kind(*(ARGUMENTS.get(name, "x-1") for name in required))


def shown() -> Iterator[type[GreenroomError]]:
    """Every error class that becomes an HTTP problem."""
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, GreenroomError) and kind.__name__ not in WORDS_OF_ITS_OWN:
            try:
                problem_of(made(kind))
            except GreenroomError:
                continue
            yield kind


def detail_of(error: GreenroomError) -> str:
    return str(json.loads(problem_of(error)["body"])["detail"])


@pytest.mark.parametrize("kind", list(shown()), ids=lambda kind: str(kind.__name__))
def test_a_problem_says_in_sentences_what_is_wrong(kind: type[GreenroomError]) -> None:
    assert SENTENCES.fullmatch(detail_of(made(kind)))


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (errors.NotFound("pool", "demo"), "There is no pool demo."),
        (
            errors.Conflict("pool", "demo"),
            "The pool demo was changed at the same time. Read it again and repeat the change.",
        ),
        (errors.Conflict("pool", "demo", "is halted. Resume it first."), "The pool demo is halted. Resume it first."),
    ],
    ids=["not found", "changed meanwhile", "a conflict with a reason"],
)
def test_a_problem_names_what_it_is_about(error: GreenroomError, detail: str) -> None:
    assert detail_of(error) == detail
