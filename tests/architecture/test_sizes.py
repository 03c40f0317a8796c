"""Small parts."""

from __future__ import annotations

import ast
from pathlib import Path
from statistics import median

from tests.architecture.reading import FUNCTIONS, ROOT, code_of, module_name, python_files

HANDLER_LINES = 60
MODULE_LINES = 300
MEDIAN_LINES = 120
TEMPLATE_LINES = 1_600
FUNCTION_LINES = 30
SHIPPED = python_files("functions", "layers/core", "layers/viewer", "agent", "cli")


def lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def test_a_handler_fits_on_a_screen() -> None:
    handlers = FUNCTIONS.glob("*/handler.py")
    assert {module_name(path): lines(path) for path in handlers if lines(path) > HANDLER_LINES} == {}


def test_a_module_has_one_subject() -> None:
    """The habit is 60 lines and 200 at most; 300 is where it stops being a matter of taste."""
    sizes = {module_name(path): lines(path) for path in SHIPPED}
    assert {name: size for name, size in sizes.items() if size > MODULE_LINES} == {}
    assert median(sizes.values()) <= MEDIAN_LINES


def test_the_template_can_be_read_through() -> None:
    assert lines(ROOT / "template.yaml") <= TEMPLATE_LINES


def long_functions(path: Path) -> dict[str, int]:
    """Name -> lines of the body, its docstring left out."""
    found = {}
    for node in ast.walk(code_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            size = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
            if size > FUNCTION_LINES:
                found[node.name] = size
    return found


def test_a_function_does_one_thing() -> None:
    assert {module_name(path): long for path in SHIPPED if (long := long_functions(path))} == {}


def test_no_module_is_a_drawer() -> None:
    drawers = ("utils", "helpers", "manager", "common", "misc")
    assert [module_name(path) for path in SHIPPED if path.stem in drawers] == []


def test_every_module_says_what_it_is() -> None:
    silent = [path for path in SHIPPED if path.read_text().strip() and not ast.get_docstring(code_of(path))]
    assert [module_name(path) for path in silent] == []
