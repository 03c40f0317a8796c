"""Has anything changed since the last build? Answered by content, not by time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

_IGNORED = frozenset({"__pycache__", "node_modules", "dist", ".mypy_cache", ".pytest_cache"})


def is_current(stamp: Path, sources: Iterable[Path], extra: str = "") -> bool:
    """Whether `stamp` was written for exactly these contents."""
    return stamp.is_file() and stamp.read_text() == fingerprint(sources, extra)


def write_stamp(stamp: Path, sources: Iterable[Path], extra: str = "") -> None:
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(fingerprint(sources, extra))


def fingerprint(sources: Iterable[Path], extra: str = "") -> str:
    """A digest over the names and bytes of all files in `sources` (files or folders; absent ones count as absent)."""
    digest = hashlib.sha256(extra.encode())
    for source in sources:
        for file in _files(source):
            digest.update(str(file).encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _files(source: Path) -> list[Path]:
    if source.is_file():
        return [source]
    return sorted(
        file
        for file in source.rglob("*")
        if file.is_file() and not _IGNORED.intersection(file.parts) and file.suffix != ".pyc"
    )
