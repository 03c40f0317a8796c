"""`make event`: an event of 30 expected sessions, two and a half minutes ahead, from the call to the empty house.

Real time throughout. Scaled: the lead (130 s), the event (a minute long) and the boot of a machine (20 s).
"""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from greenroom_lab.drives.crowd import HOT, Guest, arrive_over, leave_over
from greenroom_lab.drives.drive import ALIVE, Drive, drive, run_drive, say, until

POOL, SLOTS_EACH, BOOT_S = "gala", 3, 20.0
EXPECTED, ARRIVE_S = 30, 10.0
POLICY = {"alwaysOn": 3, "targetIdle": 0, "maximum": 60, "scaleInAfter_s": 60, "scaleInStep": 10}
FLOOR_INSTANCES = 1
ZONE = "Europe/Berlin"
AHEAD_S, LEAD_S, LASTS_S = 170.0, 130, 60.0
MARGIN_S = 60.0
"""All slots stand ready this long before the start."""
BACK_WITHIN_S = 900.0


async def main() -> int:
    async with drive("event", BOOT_S) as stage:
        await stage.configure(POOL, "null", SLOTS_EACH, POLICY)
        say(f"{EXPECTED} viewers sign in ...")
        guests = await stage.invite(EXPECTED)
        await until("the pool stands at its floor", lambda: stands(stage), 180)
        start = time.time() + AHEAD_S
        event_id = await announce(stage, start)
        ready = await ready_before(stage, start - MARGIN_S)
        await asyncio.sleep(max(0.0, start - time.time()))
        hot = await attend(guests)
        await asyncio.sleep(max(0.0, start + LASTS_S - time.time()))
        back_s = await until("the pool is back at its floor", lambda: stands(stage), BACK_WITHIN_S, 1.0)
        trouble = [guest.trouble for guest in guests if guest.trouble]
        say(f"trouble {trouble or 0}; the event is {await state_of_event(stage, event_id)}")
        print(f"event ready={ready} hot={hot} back_at_floor_s={back_s:.0f}", flush=True)
        return 0 if ready >= EXPECTED and hot == EXPECTED and not trouble else 1


async def announce(stage: Drive, start: float) -> str:
    """POST /events with the wall time of a place, as an operator would write it; returns the event's id."""
    body = {
        "poolId": POOL,
        "name": "Gala",
        "start": wall_time(start),
        "end": wall_time(start + LASTS_S),
        "timeZone": ZONE,
        "expectedSessions": EXPECTED,
        "lead_s": LEAD_S,
    }
    view = await stage.api.must("POST", "/events", body)
    say(f"{view['eventId']} at {body['start']} {ZONE}, warm from {view.get('warmAt')}")
    for check in view["preflight"]["checks"]:
        say(f"preflight {check['name']}: {check['status']}, {check['detail']}")
    return str(view["eventId"])


def wall_time(at: float) -> str:
    return datetime.fromtimestamp(round(at), ZoneInfo(ZONE)).strftime("%Y-%m-%dT%H:%M:%S")


async def ready_before(stage: Drive, deadline: float) -> int:
    """Slots that are Ready at the deadline."""
    while True:
        slots = (await stage.pool(POOL))["slots"]
        ready = sum(slots.get(state, 0) for state in ("free", "reserved", "streaming"))
        left_s = deadline - time.time()
        say(f"{ready:2} slots ready, {left_s:4.0f} s to the margin, {len(await stage.alive())} instances")
        if left_s <= 0:
            return int(ready)
        await asyncio.sleep(min(5.0, max(0.05, left_s)))


async def attend(guests: list[Guest]) -> int:
    """All come within ten seconds, play and go; returns how many were answered with a slot."""
    await arrive_over(guests, POOL, ARRIVE_S)
    await until("everybody plays", lambda: all_answered(guests), 120)
    hot = sum(guest.status == HOT for guest in guests)
    say(f"{hot} of {len(guests)} hot")
    await leave_over(guests, 10)
    return hot


async def all_answered(guests: list[Guest]) -> bool:
    return all(guest.playing_at is not None or guest.trouble for guest in guests)


async def stands(stage: Drive) -> bool:
    """The floor's instances, and none besides."""
    alive: list[dict[str, Any]] = await stage.alive()
    ending = [each for each in await stage.instances() if each["state"] not in (*ALIVE, "terminated", "stopped")]
    free = int((await stage.pool(POOL))["slots"].get("free", 0))
    return len(alive) == FLOOR_INSTANCES and not ending and free == FLOOR_INSTANCES * SLOTS_EACH


async def state_of_event(stage: Drive, event_id: str) -> str:
    return str((await stage.api.must("GET", f"/events/{event_id}"))["state"])


if __name__ == "__main__":
    sys.exit(run_drive(main))
