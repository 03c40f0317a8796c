"""What PutEvents asks of its caller."""

from __future__ import annotations

from typing import Any

from ministack.core.responses import get_account_id, get_region

from greenroom_lab.engine.rights.callers import Question

Json = dict[str, Any]
ACTION = "events:PutEvents"


def questions_of(entries: list[Json]) -> list[Question]:
    """One question for each bus, source and type among the entries."""
    found: list[Question] = []
    for entry in entries:
        keys = {
            "events:source": entry.get("Source"),
            "events:detail-type": entry.get("DetailType"),
            "events:eventBusInvocation": "false",
        }
        question = Question(ACTION, bus_arn(entry.get("EventBusName") or "default"), keys)
        if question not in found:
            found.append(question)
    return found


def bus_arn(name: str) -> str:
    return name if name.startswith("arn:") else f"arn:aws:events:{get_region()}:{get_account_id()}:event-bus/{name}"
