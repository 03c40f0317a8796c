"""The order in line: first come first served within a tier; a tier overtakes by its head start only. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from greenroom.domain.session.session import STANDARD_TIER, Session, SessionState

TIER_PREFIX = "tier-"
"""The group `tier-vip` puts a viewer into the tier `vip`."""
LONGEST_HEAD_START_S = 24 * 3600
PLACE_KEPT_S = 300
"""How long a place is kept after its viewer's page went away. Source: Cloudflare Waiting Room, 5 min."""
MOST_TIERS = 16


def tier_of(groups: Iterable[str], tiers: Mapping[str, int]) -> str:
    """By the groups of the verified token; a tier that the pool does not know is the standard one.

    Of several the one with less head start: being in more groups by mistake gives nothing.
    Example: {tier-vip, tier-crew} with vip 600 and crew 60 -> crew.
    """
    named = {group.removeprefix(TIER_PREFIX) for group in groups if group.startswith(TIER_PREFIX)}
    known = {name if name in tiers else STANDARD_TIER for name in named}
    return min(known, key=lambda name: (head_start_of(name, tiers), name), default=STANDARD_TIER)


def head_start_of(tier: str, tiers: Mapping[str, int]) -> int:
    """Seconds."""
    return tiers.get(tier, 0)


def order_at(requested_at: float, head_start_s: float) -> float:
    """As if it had come so much earlier.

    This is the ageing rule: who came more than the head start before everyone else is before them, whatever their tier.
    Example: a standard viewer of 12:00 and a head start of 10 min: a vip of 12:09 goes first, one of 12:11 does not.
    """
    return requested_at - head_start_s


def order_of(session: Session) -> float:
    """Where it stands in line; a session that moves keeps its place by its first request."""
    return session.requested_at if session.order_at is None else session.order_at


def is_given_up(session: Session, now: float) -> bool:
    """Whether it waits in line and nobody has looked at it for so long."""
    gone_at = session.page_gone_at
    return session.state is SessionState.QUEUED and gone_at is not None and now > gone_at + PLACE_KEPT_S
