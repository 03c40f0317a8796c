"""Converts between epoch seconds, with which all code computes, and the ISO 8601 text that people and row keys use."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

TIME = "epoch seconds"
Time = Annotated[float, TIME]
"""A moment in epoch seconds. Rows store the number; the HTTP API and the event bus show the text that `iso` makes."""


def iso(at: float) -> str:
    """Converts epoch seconds to ISO 8601 text: `2026-01-31T12:00:00.000Z`.

    The text is always UTC, so that sorting texts sorts their times. It is rounded to milliseconds, as times in rows
    are: a key made from a time is the same before and after the time was stored.
    """
    return datetime.fromtimestamp(round(at, 3), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def epoch_seconds(text: str) -> float:
    """Converts a text made by `iso` to epoch seconds. Raises: ValueError (the text is no ISO 8601 time)."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
