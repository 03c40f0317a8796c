"""Applications and pools as operators read and write them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from greenroom.domain.names import camel
from greenroom.domain.pool.pool import Application, Pool, PoolPolicy
from greenroom.domain.session.session import SessionLimits
from greenroom.domain.shape import selected, shown
from greenroom.entry.http import Body

DAY_S = 24 * 3600
"""The longest limit, in seconds. Source: GameLift Streams, longest session."""


MAY_BE_ZERO = frozenset({"idle_warn_s"})
"""Limits that 0 turns off."""
LIMIT_FIELDS = {camel(each.name): each.name for each in fields(SessionLimits)}
POLICY_NAMES = {each.name: camel(each.name) for each in fields(PoolPolicy)}


def limits_of(body: Body, standard: SessionLimits) -> SessionLimits:
    """The limits that are given, and `standard`'s for the others. Raises: InvalidField."""
    body.only(*LIMIT_FIELDS)
    return SessionLimits(
        **{
            field: body.whole(name, least=int(field not in MAY_BE_ZERO), most=DAY_S, default=getattr(standard, field))
            for name, field in LIMIT_FIELDS.items()
        }
    )


@dataclass(frozen=True, slots=True)
class PoolView:
    """A pool as operators configured it."""

    pool_id: str
    application_id: str
    policy: PoolPolicy
    instance_types: tuple[str, ...]
    markets: tuple[str, ...]
    tiers: Mapping[str, int]
    line_limit: int


def application_view(application: Application) -> dict[str, Any]:
    """The application with all its fields."""
    return shown(application)


def pool_view(pool: Pool) -> dict[str, Any]:
    return shown(selected(PoolView, pool))
