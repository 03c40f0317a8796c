"""Conflicts for the fakes: every n-th write of the ports is refused, as if its conflict had outlasted all tries.

Which methods write is read from the adapters' own code, so that a fake can refuse what DynamoDB can, and no more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from greenroom.domain.errors import StoreBusy

from tests.architecture.reach import WRITING, adapters, module


@cache
def writes() -> Mapping[str, frozenset[str]]:
    """Port -> its methods that write to DynamoDB."""
    found = {}
    for port, adapter in adapters().items():
        code = module(adapter.module) if adapter.module else None
        methods = [name.partition(".") for name in code.functions] if code else []
        public = {method for cls, _, method in methods if cls == adapter.cls and not method.startswith("_")}
        if writing := frozenset(method for method in public if adapter.calls(method) & WRITING):
            found[port] = writing
    return found


class _Refusing:
    """A port whose writes may be refused before they are made."""

    def __init__(self, port: str, inner: Any, every: int, met: Counter[str], count: Iterator[int]) -> None:
        self._port, self._inner, self._every, self._met, self._count = port, inner, every, met, count

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._inner, name)
        if name not in writes()[self._port]:
            return real

        def write(*arguments: Any, **named: Any) -> Any:
            if next(self._count) % self._every == 0:
                self._met[f"{self._port}.{name}"] += 1
                raise StoreBusy(f"{self._port}.{name}")
            return real(*arguments, **named)

        return write


@contextmanager
def conflicts(ports: Any, every: int) -> Iterator[Counter[str]]:
    """While this is open, every n-th write is refused; gives which were, as `claims.claim`, and how often."""
    met: Counter[str] = Counter()
    count = iter(range(1, 1_000_000))
    plain = {port: getattr(ports, port) for port in writes()}
    for port, inner in plain.items():
        setattr(ports, port, _Refusing(port, inner, every, met, count))
    try:
        yield met
    finally:
        for port, inner in plain.items():
            setattr(ports, port, inner)
