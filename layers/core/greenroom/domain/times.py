"""Times as people and rows read them; inside, times are epoch seconds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

TIME = "epoch seconds"
Time = Annotated[float, TIME]
"""A moment. Rows keep the number, doors and bus show it as `iso` does."""


def iso(at: float) -> str:
    """Epoch seconds -> `2026-01-31T12:00:00.000Z`: always UTC, sorts as text.

    Rounded as numbers are in rows: a key made of a time is the same before and after the time was stored.
    """
    return datetime.fromtimestamp(round(at, 3), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def epoch_seconds(text: str) -> float:
    """The inverse of `iso`. Raises: ValueError."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
