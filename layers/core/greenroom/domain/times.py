"""Times as people and rows read them; inside, times are epoch seconds."""

from __future__ import annotations

from datetime import UTC, datetime


def iso(at: float) -> str:
    """Epoch seconds -> `2026-01-31T12:00:00.000Z`: always UTC, sorts as text."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def epoch_seconds(text: str) -> float:
    """The inverse of `iso`. Raises: ValueError."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
