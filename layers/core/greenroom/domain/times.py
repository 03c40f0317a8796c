"""Converts between epoch seconds, which all code computes with, and the text that people and row keys use."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

TIME = "epoch seconds"
Time = Annotated[float, TIME]
"""A moment, epoch seconds. Rows keep the number; the HTTP API and the bus show it as `iso` does."""


def iso(at: float) -> str:
    """Epoch seconds -> `2026-01-31T12:00:00.000Z`: always UTC, sorts as text.

    Rounded to milliseconds as rows round: a key made from a time is the same before and after the time was stored.
    """
    return datetime.fromtimestamp(round(at, 3), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def epoch_seconds(text: str) -> float:
    """The inverse of `iso`. Raises: ValueError when the text is no ISO 8601 time."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
