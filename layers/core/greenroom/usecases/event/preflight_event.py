"""Runs the preflight of a scheduled event: checks before the event whether its slots can be ready in time.

A check that asks AWS and gets no answer has the result `unknown`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.errors import FactUnavailable, NotFound
from greenroom.domain.event.preflight import Check, CheckStatus, Preflight
from greenroom.domain.event.scheduled_event import EventStep, latest_safe_start, step_times
from greenroom.domain.instance.prices import vcpus
from greenroom.domain.journal import event as journal
from greenroom.domain.slot.slot import SlotState
from greenroom.planning.preflight_checks import (
    check_addresses,
    check_budget,
    check_image,
    check_offerings,
    check_pool,
    check_quota,
    check_time_to_warm,
)
from greenroom.usecases.pool.read_snapshot import count_slots

if TYPE_CHECKING:
    from greenroom.domain.event.scheduled_event import ScheduledEvent
    from greenroom.ports.event import HasEvents
    from greenroom.ports.instance import HasFleet, HasOfferings
    from greenroom.ports.notify import HasJournal
    from greenroom.ports.quota import HasAccount
    from greenroom.ports.world import Clock
    from greenroom.usecases.event.read_event import EventReading

    class Ports(Clock, HasAccount, HasEvents, HasFleet, HasJournal, HasOfferings, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


RIGHTS = "grant the function the permission to ask, or check it by hand"
"""The advice to an operator about a check whose result is `unknown`."""
ASK_WITHIN_S = 12
"""How long the checks of a preflight may ask AWS, seconds. Checks that would begin later have the result `unknown`.

An operator waits for the results, and the HTTP API times out after 30 s.
"""


def preflight_event(reading: EventReading, ports: Ports) -> Preflight:
    """Runs all checks of an event's preflight (whether its slots can be had), and records and returns their results.

    A check that cannot be made does not prevent the other checks. A failed check forbids nothing: the event takes place
    anyway.
    """
    event, now = reading.event, ports.now()
    launches = _launches(reading, ports)
    checks = (
        *_asked(
            {
                "quota": lambda: _quota(reading, launches, ports),
                "image": lambda: _image(ports),
                "addresses": lambda: _addresses(launches, ports),
                "offerings": lambda: _offerings(reading, ports),
            },
            ports,
        ),
        _budget(reading),
        check_pool(
            reading.pool.policy.maximum, reading.pool.policy.target_idle, _together(event, ports), reading.rows.halted
        ),
        check_time_to_warm(event, reading.warm, now),
    )
    made = Preflight(now, checks, latest_safe_start(event, reading.warm), reading.warm.whole_s)
    ports.journal.append(journal.EventPreflighted(event.event_id, made.worst, checks), now)
    return made


def _asked(checks: Mapping[str, Callable[[], Check]], ports: Ports) -> Iterator[Check]:
    began = ports.now()
    for name, check in checks.items():
        try:
            if ports.now() - began > ASK_WITHIN_S:
                raise FactUnavailable("AWS answers too slowly")
            yield check()
        except FactUnavailable as unavailable:
            yield Check(name, CheckStatus.UNKNOWN, f"could not be checked: {unavailable}", RIGHTS)


def _launches(reading: EventReading, ports: Ports) -> int:
    """Returns how many instances must still be launched for the event.

    The slots that are free now, and the slots of open launches (intents to start an instance), need no further launch.
    """
    members = ports.fleet.list_of_pool(reading.pool.pool_id)
    there = sum(count_slots(each.slots, SlotState.FREE) for each in members)
    there += sum(each.slots for each in reading.rows.launches if each.is_open)
    lacking = max(0, reading.event.expected_sessions - there)
    return -(-lacking * reading.instances // reading.event.expected_sessions)


def _quota(reading: EventReading, launches: int, ports: Ports) -> Check:
    running, pool = ports.account.running(), reading.pool
    room = {}
    for market in pool.markets:
        used = sum((vcpus(kind) or 0) * count for (kind, on), count in running.items() if on == market)
        room[market] = ports.account.vcpu_quota(market) - used
    return check_quota(room, pool.instance_types, launches)


def _image(ports: Ports) -> Check:
    image = ports.account.image()
    return check_image(image.image_id, image.state)


def _addresses(launches: int, ports: Ports) -> Check:
    return check_addresses({each.subnet_id: each.free_addresses for each in ports.account.subnets()}, launches)


def _offerings(reading: EventReading, ports: Ports) -> Check:
    pool = reading.pool
    zones = [each.zone for each in ports.account.subnets()]
    now = ports.now()
    refused = ports.offerings.refused(pool.pool_id, now)
    refused_lately = sorted(f"{each.key} ({each.code})" for each in refused if each.until > now)
    return check_offerings(pool.instance_types, zones, ports.account.offered(pool.instance_types), refused_lately)


def _budget(reading: EventReading) -> Check:
    event, pool = reading.event, reading.pool
    due_at = step_times(event, reading.warm)[EventStep.WARM]
    warm_at = due_at if EventStep.WARM in event.done else max(due_at, event.planned_at)
    return check_budget(event, pool.instance_types, pool.markets, reading.instances, warm_at)


def _together(event: ScheduledEvent, ports: Ports) -> int:
    """Returns how many sessions are expected by this event and by the events of the same pool that overlap with it.

    An event counts from `lead_s` seconds before its start, when its instances are launched at the latest, to its end.
    """
    together = event.expected_sessions
    for event_id in ports.events.list_ids():
        if event_id == event.event_id:
            continue
        try:
            other = ports.events.get(event_id)
        except NotFound:
            continue
        overlaps = other.start - other.lead_s < event.end and event.start - event.lead_s < other.end
        if other.pool_id == event.pool_id and not other.is_final and overlaps:
            together += other.expected_sessions
    return together
