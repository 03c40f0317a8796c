"""Wall clocks of three places, over both changes of the year."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from greenroom.domain.errors import InvalidField
from greenroom.entry.event.local_time import moment_of, zone_of


def utc(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


MOMENTS = [
    ("in winter", "Europe/Berlin", "2026-01-31T20:00:00", "2026-01-31T19:00:00"),
    ("in summer", "Europe/Berlin", "2026-07-31T20:00:00", "2026-07-31T18:00:00"),
    ("on the day of the spring change, after it", "Europe/Berlin", "2026-03-29T20:00:00", "2026-03-29T18:00:00"),
    ("the last second before the gap", "Europe/Berlin", "2026-03-29T01:59:59", "2026-03-29T00:59:59"),
    ("the first second after the gap", "Europe/Berlin", "2026-03-29T03:00:00", "2026-03-29T01:00:00"),
    ("shown twice: the first", "Europe/Berlin", "2026-10-25T02:30:00", "2026-10-25T00:30:00"),
    ("shown twice: the second, by its offset", "Europe/Berlin", "2026-10-25T02:30:00+01:00", "2026-10-25T01:30:00"),
    ("after the autumn change", "Europe/Berlin", "2026-10-25T03:00:00", "2026-10-25T02:00:00"),
    ("New York before the gap", "America/New_York", "2026-03-08T01:59:59", "2026-03-08T06:59:59"),
    ("New York after the gap", "America/New_York", "2026-03-08T03:00:00", "2026-03-08T07:00:00"),
    ("New York shown twice: the first", "America/New_York", "2026-11-01T01:30:00", "2026-11-01T05:30:00"),
    ("Lord Howe changes by half an hour", "Australia/Lord_Howe", "2026-10-04T01:59:00", "2026-10-03T15:29:00"),
    ("Lord Howe after its gap", "Australia/Lord_Howe", "2026-10-04T02:30:00", "2026-10-03T15:30:00"),
    ("Lord Howe shown twice: the first", "Australia/Lord_Howe", "2026-04-05T01:45:00", "2026-04-04T14:45:00"),
    ("an offset wins over the zone", "America/New_York", "2026-06-01T12:00:00+02:00", "2026-06-01T10:00:00"),
    ("UTC with Z", "UTC", "2026-06-01T12:00:00.000Z", "2026-06-01T12:00:00"),
    ("no seconds", "Europe/Berlin", "2026-06-01T12:00", "2026-06-01T10:00:00"),
]


@pytest.mark.parametrize(("desc", "zone", "wall", "moment"), MOMENTS, ids=lambda value: str(value))
def test_a_wall_clock_is_read_in_its_place(desc: str, zone: str, wall: str, moment: str) -> None:
    assert moment_of(wall, zone_of(zone), "start") == utc(moment), desc


GAPS = [
    ("Europe/Berlin", "2026-03-29T02:00:00", "2026-03-29T03:00:00"),
    ("Europe/Berlin", "2026-03-29T02:59:59", "2026-03-29T03:00:00"),
    ("America/New_York", "2026-03-08T02:30:00", "2026-03-08T03:00:00"),
    ("Australia/Lord_Howe", "2026-10-04T02:15:00", "2026-10-04T02:30:00"),
    ("Pacific/Apia", "2011-12-30T12:00:00", "2011-12-31T00:00:00"),
]


@pytest.mark.parametrize(("zone", "wall", "valid"), GAPS)
def test_a_time_that_the_clocks_skip_is_refused_with_the_next_one(zone: str, wall: str, valid: str) -> None:
    with pytest.raises(InvalidField) as refused:
        moment_of(wall, zone_of(zone), "end")
    assert refused.value.field == "end"
    assert zone in refused.value.reason
    assert refused.value.reason.endswith(f"the next valid time is {valid}")
    assert moment_of(valid, zone_of(zone), "end") > 0


NO_ZONES = [
    "",
    "Mars/Olympus",
    "Europe",
    "Europe/",
    "Europe/../Berlin",
    "/etc/passwd",
    "localtime",
    "right/UTC",
    "CET+1",
]


@pytest.mark.parametrize("name", NO_ZONES)
def test_an_unknown_zone_is_refused_by_name(name: str) -> None:
    with pytest.raises(InvalidField) as refused:
        zone_of(name)
    assert refused.value.field == "timeZone"


NO_TIMES = [
    "",
    "tomorrow",
    "2026-02-30T12:00:00Z",
    "2026-01-31",
    "20:00",
    "2026-01-31T25:00:00Z",
    "9999-12-31T23:59:59",
]


@pytest.mark.parametrize("text", NO_TIMES)
def test_what_is_no_time_is_refused_by_field(text: str) -> None:
    with pytest.raises(InvalidField) as refused:
        moment_of(text, zone_of("America/New_York"), "start")
    assert refused.value.field == "start"


def test_a_wall_clock_without_a_place_means_nothing() -> None:
    with pytest.raises(InvalidField, match="needs an offset"):
        moment_of("2026-01-31T20:00:00", None, "start")
