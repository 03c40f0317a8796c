"""Makes calls that mostly wait for AWS, several of them in parallel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

R = TypeVar("R")
AT_ONCE = 8
"""Calls made at the same time. Less than the ten connections that an AWS client keeps."""


def in_parallel(works: Sequence[Callable[[], R]]) -> list[R]:
    """The answer of each call, in order. Raises: the error of the first call that failed, after all have ended."""
    if len(works) < 2:
        return [work() for work in works]
    from concurrent.futures import ThreadPoolExecutor  # imports a lot, and most calls come alone

    with ThreadPoolExecutor(min(AT_ONCE, len(works))) as threads:
        begun = [threads.submit(work) for work in works]
    return [each.result() for each in begun]
