"""Gap: conditions on `events:source` and `events:detail-type` see nothing in a PutEvents, so it is always refused.

Each entry is a question of its own, with its own source and type; one that is refused refuses the whole call. AWS does
not say how entries of different types are judged together: this is the strictest reading.
Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html
"""

from __future__ import annotations

from greenroom_lab.engine.rights import put_events
from greenroom_lab.engine.rights.callers import Question
from greenroom_lab.engine.rights.questions import Request, ask_more


def apply() -> None:
    ask_more("events", expand)


def expand(request: Request, question: Question) -> list[Question]:
    if question.action != put_events.ACTION:
        return [question]
    entries = [entry for entry in request.document.get("Entries") or [] if isinstance(entry, dict)]
    return [each for each in put_events.questions_of(entries) if each.resource == question.resource] or [question]
