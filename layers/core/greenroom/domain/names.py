"""The one rule for names: what is `requested_at` inside is `requestedAt` in rows, bodies and announcements."""

from __future__ import annotations

UNITS = ("_usd_per_h", "_usd", "_s")


def camel(name: str) -> str:
    """`pool_id` -> `poolId`, `pre_queue_s` -> `preQueue_s`: a unit keeps its underscore."""
    unit = next((each for each in UNITS if name.endswith(each)), "")
    head, *rest = name.removesuffix(unit).split("_")
    return head + "".join(word.capitalize() for word in rest) + unit
