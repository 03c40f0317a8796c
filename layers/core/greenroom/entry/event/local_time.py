"""Converts a local time of a place to epoch seconds, correctly around the changes to and from daylight saving time.

Only functions whose routes accept local times import this: the time zone files are packed with them.
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
"""Names of places, and UTC. Names like `localtime` or `right/…` (with leap seconds) differ from system to system."""
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
    """The moment of an ISO time with an offset, or of a local time in `zone`.

    If the clocks show a time twice, the first is meant, unless an offset says which. A time that they skip is refused.
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
    """The first local time after the gap in which `wall` lies, found by bisection between both readings of `wall`."""
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
