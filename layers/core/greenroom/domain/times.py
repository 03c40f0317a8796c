"""Converts between epoch seconds, with which all code computes, and the text form that people and row keys use."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

TIME = "epoch seconds"
Time = Annotated[float, TIME]
"""A moment in epoch seconds. Rows keep the number; the HTTP API and the event bus show the text that `iso` makes."""


def iso(at: float) -> str:
    """Epoch seconds -> `2026-01-31T12:00:00.000Z`: always UTC, so that sorting the texts sorts the times.

    Rounded to milliseconds, as rows round times: a key made from a time is the same before and after the time was
    stored.
    """
    return datetime.fromtimestamp(round(at, 3), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def epoch_seconds(text: str) -> float:
    """Text as `iso` makes it -> epoch seconds. Raises: ValueError when the text is no ISO 8601 time."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
