"""The one rule for field names: `requested_at` in Python is `requestedAt` in rows, API bodies and events."""

from __future__ import annotations

UNITS = ("_usd_per_h", "_usd", "_s")


def camel(name: str) -> str:
    """Converts a field's Python name to its name in JSON: `pool_id` -> `poolId`, `pre_queue_s` -> `preQueue_s`.

    A unit at the end (such as `_s`) keeps its underscore.
    """
    unit = next((each for each in UNITS if name.endswith(each)), "")
    head, *others = name.removesuffix(unit).split("_")
    return head + "".join(word.capitalize() for word in others) + unit
