"""Ports in memory behind a wire as AWS's: what cannot be sent there is refused here too.

botocore encodes every text as UTF-8, DynamoDB takes no number that is not finite, and no key over 2 KB.
Source: DynamoDB developer guide, "Quotas"; a lone surrogate raises UnicodeEncodeError before anything is sent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

LONGEST_KEY_BYTES = 2048


class Wired:
    """`ports.Ports` whose ports check what they are given."""

    def __init__(self, ports: Any) -> None:
        self._ports = ports

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._ports, name)
        is_port = type(found).__module__.startswith("greenroom_lab.memory") and not callable(found)
        return _Port(found) if is_port else found


class _Port:
    def __init__(self, port: Any) -> None:
        self._port = port

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if not callable(found):
            return found

        def checked(*args: Any, **kwargs: Any) -> Any:
            for each in (*args, *kwargs.values()):
                if isinstance(each, str) and len(each.encode()) > LONGEST_KEY_BYTES:
                    raise ValueError("ValidationException: the key is too long")
                check(each)
            return found(*args, **kwargs)

        return checked


def check(value: Any) -> None:
    """Raises: UnicodeEncodeError, ValueError."""
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} is no number of DynamoDB")
    elif isinstance(value, Mapping):
        for key, each in value.items():
            check(key)
            check(each)
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            check(each)
    elif is_dataclass(value) and not isinstance(value, type):
        for part in fields(value):
            check(getattr(value, part.name))
