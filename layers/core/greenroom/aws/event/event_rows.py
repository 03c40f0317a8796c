"""Converts scheduled events to DynamoDB items and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from greenroom.aws.table.codec import decoded, encoded
from greenroom.domain.event.scheduled_event import ScheduledEvent
from greenroom.domain.tenant import THE_TENANT, owned

EVENTS = f"EVENTS#{THE_TENANT}"
"""One partition lists the ids of the events that are not over, so that nobody has to scan the table."""
KEPT_S = 90 * 24 * 3600
"""How long the row of an event that is over can be read; the Journal keeps what it did for good."""


def event_key(event_id: str) -> str:
    return owned("EVENT", event_id)


def event_row(event: ScheduledEvent) -> dict[str, Any]:
    """The event's whole item."""
    own = {"pk": event_key(event.event_id), "sk": "META"}
    return {**own, "expiresAt": int(event.changed_at + KEPT_S) if event.is_final else None, **encoded(event)}


def event_of(row: Mapping[str, Any]) -> ScheduledEvent:
    return decoded(ScheduledEvent, row)
