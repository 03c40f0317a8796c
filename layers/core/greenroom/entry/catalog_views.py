"""Applications, pools and events as operators read and write them."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

from greenroom.domain.errors import InvalidField
from greenroom.domain.pool import Application, Pool
from greenroom.domain.scheduled_event import ScheduledEvent
from greenroom.domain.session import SessionLimits
from greenroom.domain.times import epoch_seconds, iso
from greenroom.entry.http import Body

DAY_S = 24 * 3600
"""No limit is longer. Source: GameLift Streams, longest session."""


def limit_name(field: str) -> str:
    """`connection_timeout_s` -> `connectionTimeout_s`: the unit keeps its underscore."""
    head, *rest = field.removesuffix("_s").split("_")
    return head + "".join(word.capitalize() for word in rest) + "_s"


LIMIT_FIELDS = {limit_name(each.name): each.name for each in fields(SessionLimits)}


def limits_of(body: Body, standard: SessionLimits) -> SessionLimits:
    """What is not given is `standard`. Raises: InvalidField."""
    body.only(*LIMIT_FIELDS)
    return SessionLimits(
        **{
            field: body.whole(name, least=1, most=DAY_S, default=getattr(standard, field))
            for name, field in LIMIT_FIELDS.items()
        }
    )


def application_view(application: Application) -> dict[str, Any]:
    return {
        "applicationId": application.application_id,
        "name": application.name,
        "kind": application.kind.value,
        "command": list(application.command),
        "slotsPerInstance": application.slots_per_instance,
        "poolId": application.pool_id,
        "limits": {name: getattr(application.limits, field) for name, field in LIMIT_FIELDS.items()},
        "sessionsPerViewer": application.sessions_per_viewer,
    }


def pool_view(pool: Pool) -> dict[str, Any]:
    policy = pool.policy
    return {
        "poolId": pool.pool_id,
        "applicationId": pool.application_id,
        "policy": {"alwaysOn": policy.always_on, "targetIdle": policy.target_idle, "maximum": policy.maximum},
        "instanceTypes": list(pool.instance_types),
        "markets": list(pool.markets),
    }


def event_view(event: ScheduledEvent) -> dict[str, Any]:
    return {
        "eventId": event.event_id,
        "poolId": event.pool_id,
        "start": iso(event.start),
        "end": iso(event.end),
        "expectedSessions": event.expected_sessions,
        "lead_s": event.lead_s,
        "warmAt": iso(event.warm_at),
    }


def time_of(body: Body, name: str) -> float:
    """A time with its zone: one without would mean another moment to each reader. Raises: InvalidField."""
    text = body.text(name, longest=40)
    try:
        if not text.endswith("Z") and text[-6:-5] not in ("+", "-"):
            raise ValueError
        return epoch_seconds(text)
    except ValueError as error:
        raise InvalidField(name, "must be a time like 2026-01-31T12:00:00.000Z") from error


def chosen_of(body: Body, name: str, pattern: re.Pattern[str], standard: tuple[str, ...]) -> tuple[str, ...]:
    """A list without doubles, in the operator's order; `standard` when it is absent. Raises: InvalidField."""
    if name not in body:
        return standard
    chosen = body.texts(name, most=20, longest=64)
    if not chosen or len(set(chosen)) < len(chosen) or not all(pattern.fullmatch(each) for each in chosen):
        raise InvalidField(name, f"must name at least one, none twice, each matching {pattern.pattern}")
    return chosen
