"""Parses pools as operators write them: a whole pool, or a change of some fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from greenroom.domain.errors import InvalidField
from greenroom.domain.line.line import LONGEST_HEAD_START_S, MOST_TIERS
from greenroom.domain.pool.pool import LONGEST_LINE, Placement, Pool, PoolPolicy
from greenroom.domain.session.session import STANDARD_TIER
from greenroom.entry.http import Body
from greenroom.entry.pool.catalog_views import POLICY_NAMES
from greenroom.usecases.pool.configure_catalog import PoolChange

MOST_SLOTS = 100_000
"""The longest line, because it is counted in one page of DynamoDB (1 MB): a longer one would never count as full."""
LONGEST_BACK_OFF_S = 24 * 3600
TIER = re.compile(r"[A-Za-z0-9_.-]{1,64}")
INSTANCE_TYPE = re.compile(r"[a-z0-9-]+\.[a-z0-9-]+")
MARKETS = ("spot", "on-demand")
_BOUNDS: Mapping[str, tuple[int, int]] = {
    "always_on": (0, MOST_SLOTS),
    "target_idle": (0, MOST_SLOTS),
    "maximum": (0, MOST_SLOTS),
    "warm_instances": (0, MOST_SLOTS),
    "scale_in_after_s": (0, LONGEST_BACK_OFF_S),
    "scale_in_step": (1, MOST_SLOTS),
    "spot_share": (0, 100),
}
_REQUIRED = ("maximum", "always_on", "target_idle")


def pool_of(pool_id: str, body: Body) -> Pool:
    """A whole pool; absent optional fields get their defaults. Raises: InvalidField."""
    body.only("poolId", "applicationId", "policy", "instanceTypes", "markets", "tiers", "lineLimit")
    application_id = body.identifier("applicationId")
    policy = PoolPolicy(**_policy_of(body, _REQUIRED))
    standard = Pool(pool_id, application_id, policy)
    return Pool(
        pool_id=pool_id,
        application_id=application_id,
        policy=policy,
        instance_types=_instance_types_of(body) or standard.instance_types,
        markets=_markets_of(body) or standard.markets,
        tiers=_tiers_of(body) or standard.tiers,
        line_limit=_line_limit_of(body) or standard.line_limit,
    )


def change_of(body: Body) -> PoolChange:
    """The fields that the body names, and no others. Raises: InvalidField."""
    body.only("policy", "instanceTypes", "markets", "tiers", "lineLimit")
    return PoolChange(
        _policy_of(body, ()), _instance_types_of(body), _markets_of(body), _tiers_of(body), _line_limit_of(body)
    )


def _policy_of(body: Body, required: tuple[str, ...]) -> dict[str, Any]:
    part = body.part("policy").only(*POLICY_NAMES.values())
    found: dict[str, Any] = {}
    for field, (least, most) in _BOUNDS.items():
        if field in required or POLICY_NAMES[field] in part:
            found[field] = part.whole(POLICY_NAMES[field], least=least, most=most)
    if POLICY_NAMES["placement"] in part:
        found["placement"] = Placement(part.one_of(POLICY_NAMES["placement"], tuple(Placement)))
    return found


def _tiers_of(body: Body) -> dict[str, int] | None:
    """All tiers of the pool, with the standard one added if it is missing; None if the field is absent."""
    if "tiers" not in body:
        return None
    part = body.part("tiers")
    if len(part.names()) > MOST_TIERS or not all(map(TIER.fullmatch, part.names())):
        raise InvalidField("tiers", f"must name at most {MOST_TIERS} tiers, each of 1 to 64 of A-Z a-z 0-9 _ . -")
    named = {name: part.whole(name, least=0, most=LONGEST_HEAD_START_S) for name in part.names()}
    return {STANDARD_TIER: 0, **named}


def _line_limit_of(body: Body) -> int | None:
    return body.whole("lineLimit", least=1, most=LONGEST_LINE) if "lineLimit" in body else None


def _instance_types_of(body: Body) -> tuple[str, ...] | None:
    like = "must name 1 to 20 instance types, none twice, each like g5.xlarge"
    return _chosen_of(body, "instanceTypes", like, lambda each: INSTANCE_TYPE.fullmatch(each) is not None)


def _markets_of(body: Body) -> tuple[str, ...] | None:
    return _chosen_of(body, "markets", "must name spot, on-demand or both, none twice", lambda each: each in MARKETS)


def _chosen_of(body: Body, name: str, reason: str, is_known: Any) -> tuple[str, ...] | None:
    """The list in the operator's order; None if it is absent. Raises: InvalidField for an unknown or repeated name."""
    if name not in body:
        return None
    chosen = body.texts(name, most=20, longest=64)
    if not chosen or len(set(chosen)) < len(chosen) or not all(map(is_known, chosen)):
        raise InvalidField(name, reason)
    return chosen
