"""The order of sessions in line: first come, first served, but a higher priority gives a head start in seconds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from greenroom.domain.session.session import STANDARD_TIER, Session, SessionState

TIER_PREFIX = "tier-"
"""How the name of a user group begins that gives a priority (tier): the group `tier-vip` gives the tier `vip`."""
LONGEST_HEAD_START_S = 24 * 3600
PLACE_KEPT_S = 300
"""How many seconds a session keeps its place in line after its page disconnected from the Viewer socket. Source:
Cloudflare Waiting Room, 5 min.
"""
MOST_TIERS = 16


def tier_of(groups: Iterable[str], tiers: Mapping[str, int]) -> str:
    """The viewer's priority (tier), from the groups that the viewer's verified token names.

    `tiers`: the tiers that the pool knows, each with its head start in seconds. A tier that the pool does not know
    counts as standard. A viewer with several tiers gets the tier with the smallest head start, so that a group given by
    mistake brings no advantage.
    Example: {tier-vip, tier-crew} with vip 600 and crew 60 -> crew.
    """
    named = {group.removeprefix(TIER_PREFIX) for group in groups if group.startswith(TIER_PREFIX)}
    known = {name if name in tiers else STANDARD_TIER for name in named}
    return min(known, key=lambda name: (head_start_of(name, tiers), name), default=STANDARD_TIER)


def head_start_of(tier: str, tiers: Mapping[str, int]) -> int:
    """The head start in line, in seconds, that a tier (priority) gives; 0 for a tier that the pool does not know."""
    return tiers.get(tier, 0)


def order_at(requested_at: float, head_start_s: float) -> float:
    """The sort key of a session in line: the time of its request, less the head start of its viewer's tier (priority).

    Nobody waits for ever: a standard viewer is served before every viewer with a head start who came later than that
    head start.
    Example: with a head start of 10 min, a vip who comes at 12:09 is served before a standard viewer who came at 12:00.
    A vip who comes at 12:11 is served after that standard viewer.
    """
    return requested_at - head_start_s


def order_of(session: Session) -> float:
    """The sort key by which the session's place in line is found. A session that moves keeps its first sort key."""
    return session.requested_at if session.order_at is None else session.order_at


def is_given_up(session: Session, now: float) -> bool:
    """Whether a session loses its place in line, because its page has been disconnected for too long."""
    gone_at = session.page_gone_at
    return session.state is SessionState.QUEUED and gone_at is not None and now > gone_at + PLACE_KEPT_S
