"""A wall clock's time in a place -> epoch seconds, right across the change to and from daylight saving time.

Only routes that take local times import this: the zone files come with the function that needs them.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from greenroom.domain.errors import InvalidField

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?")
_ZONE = re.compile(
    r"UTC|(Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Etc|Europe|Indian|Pacific)(/[A-Za-z0-9_+-]+)+"
)
"""Places and UTC. A system's own names (`localtime`, `right/…` with leap seconds) mean something else elsewhere."""
EXAMPLE = "2026-03-29T20:00:00+02:00, or 2026-03-29T20:00:00 with timeZone Europe/Berlin"


def zone_of(name: str) -> ZoneInfo:
    """An IANA time zone. Raises: InvalidField naming timeZone."""
    try:
        if not _ZONE.fullmatch(name):
            raise ValueError(name)
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise InvalidField("timeZone", "is no IANA time zone, like Europe/Berlin") from error


def moment_of(text: str, zone: ZoneInfo | None, field: str) -> float:
    """An ISO time with an offset, or a wall clock's time in `zone`.

    A time that the clocks show twice is the first one, unless an offset tells which. A time that they skip is refused.
    Raises: InvalidField naming `field`.
    """
    try:
        if not _TIME.fullmatch(text):
            raise ValueError(text)
        given = datetime.fromisoformat(text.replace("Z", "+00:00"))
        if given.tzinfo is not None:
            return given.timestamp()
        if zone is None:
            raise InvalidField(field, "needs an offset, or a timeZone beside it")
        return _moment_in(given, zone, field)
    except (ValueError, OverflowError) as error:
        raise InvalidField(field, f"must be a time like {EXAMPLE}") from error


def _moment_in(wall: datetime, zone: ZoneInfo, field: str) -> float:
    moment = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None, fold=0) == wall:
        return moment.timestamp()
    valid = _next_valid(wall, zone)
    reason = f"does not exist in {zone.key}: the clocks skip it; the next valid time is {valid:%Y-%m-%dT%H:%M:%S}"
    raise InvalidField(field, reason)


def _next_valid(wall: datetime, zone: ZoneInfo) -> datetime:
    """What the clocks show right after the gap that `wall` lies in: found by halving between both readings of it."""
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)  # read with the offset after the gap: before the change
    after = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    shown = after.astimezone(zone).replace(tzinfo=None)
    return shown.replace(microsecond=0)
