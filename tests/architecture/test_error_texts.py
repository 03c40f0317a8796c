"""What an error says is a sentence where the code writes it: an id or a fragment alone tells a client nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FREE_TEXTS = {"Forbidden", "ApplicationClosed"}
"""The errors a client may see whose only argument is their text; all others build their text from what they name."""


def texts() -> Iterator[tuple[str, ast.expr]]:
    for path in [*ROOT.glob("layers/core/greenroom/**/*.py"), *ROOT.glob("functions/*/*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FREE_TEXTS:
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node.args[0]


def written(text: ast.expr) -> str:
    """The text as the code writes it, `x` for each value in it; nothing for what is no text."""
    if isinstance(text, ast.Constant):
        return str(text.value)
    parts = text.values if isinstance(text, ast.JoinedStr) else []
    return "".join(str(each.value) if isinstance(each, ast.Constant) else "x" for each in parts)


@pytest.mark.parametrize(("place", "text"), [pytest.param(*each, id=each[0]) for each in texts()])
def test_an_error_of_free_text_is_raised_with_a_sentence(place: str, text: ast.expr) -> None:
    said = written(text)
    assert (said[:1].isupper(), said[-1:], " " in said) == (True, ".", True), place
