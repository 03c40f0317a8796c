"""Change a function of ministack where wrapping it is not enough: edit its source, if it is as expected."""

from __future__ import annotations

import inspect
import textwrap
from typing import Any


class PatchError(Exception):
    """ministack is not the release these mends were written for."""


def replace_once(text: str, old: str, new: str, where: str) -> str:
    """Raises: PatchError unless `old` occurs exactly once."""
    found = text.count(old)
    if found != 1:
        raise PatchError(f"{where}: expected once, found {found} times: {old!r}")
    return text.replace(old, new)


def rewrite(module: Any, name: str, *edits: tuple[str, str], owner: Any = None) -> None:
    """Recompile `module.name` (or a method of `owner`) with each (old, new) text replaced once."""
    target = owner or module
    source = textwrap.dedent(inspect.getsource(getattr(target, name)))
    for old, new in edits:
        source = replace_once(source, old, new, f"{module.__name__}.{name}")
    scope: dict[str, Any] = {}
    exec(compile(source, f"<mended {name}>", "exec"), module.__dict__, scope)
    setattr(target, name, scope[name])
