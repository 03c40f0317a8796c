"""`make ramp`: 40 viewers arrive within a minute and leave over five, and Spot runs dry in the middle of it.

Real time throughout; only the boot of a machine is scaled (20 s). Writes reports/ramp.png and reports/ramp.json.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from dataclasses import asdict
from datetime import datetime
from typing import Any

from greenroom.domain.journal.entry import pool_entity

from greenroom_lab.drives.crowd import HOT, Guest, arrive_over, leave_over
from greenroom_lab.drives.drive import ALIVE, REPORTS, Drive, DriveFailed, drive, run_drive, say, until
from greenroom_lab.drives.ramp_figures import Pass, Sample, Use, busy_taken, dips, most_within, restored_passes
from greenroom_lab.drives.ramp_picture import draw_ramp
from greenroom_lab.drives.ramp_watch import POOL, SLOTS_EACH, Ramp

BOOT_S, TARGET_IDLE = 20.0, 4
POLICY = {"alwaysOn": 2, "targetIdle": TARGET_IDLE, "maximum": 60, "scaleInAfter_s": 60, "scaleInStep": 10}
FLOOR_SLOTS = max(POLICY["alwaysOn"], TARGET_IDLE)
VIEWERS, ARRIVE_S, LEAVE_S = 40, 60.0, 300.0
FLOOR_WITHIN_S = 600.0
SPOT_COOLDOWN_S = 185.0
"""A refused offering rests 3 minutes; then a second, small wave shows that Spot is bought again."""
LATE_VIEWERS = 6


async def main() -> int:
    async with drive("ramp", BOOT_S) as stage:
        await stage.configure(POOL, "null", SLOTS_EACH, POLICY)
        say(f"{VIEWERS + LATE_VIEWERS} viewers sign in ...")
        ramp = Ramp(stage, await stage.invite(VIEWERS + LATE_VIEWERS))
        await until("the pool stands at its floor", lambda: stands(stage), 180)
        watching = asyncio.create_task(ramp.watch())
        try:
            numbers = await play(ramp)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        return await report(ramp, numbers)


async def play(ramp: Ramp) -> dict[str, float]:
    """Up, down, back at the floor, and a few more once Spot may be asked again."""
    crowd, late = ramp.guests[:VIEWERS], ramp.guests[VIEWERS:]
    began = time.time()
    market = asyncio.create_task(ramp.empty_spot())
    await arrive_over(crowd, POOL, ARRIVE_S)
    say("all have come; now they leave")
    leaving = random.Random(1).sample(crowd, len(crowd))
    await leave_over(leaving, LEAVE_S)
    await market
    left = time.time()
    back_s = await until_floor(ramp.drive)
    say(f"back at the floor after {back_s:.0f} s")
    await asyncio.sleep(max(0.0, ramp.spot_back_at + SPOT_COOLDOWN_S - time.time()))
    second = time.time()
    await arrive_over(late, POOL, 3)
    await until("the second wave plays", lambda: all_play(late), 120)
    await leave_over(late, 3)
    return {"began": began, "left": left, "back_at_floor_s": back_s, "second": second}


async def until_floor(stage: Drive) -> float:
    """Seconds; as many as it was given when it never came: the report then says so, with its picture."""
    try:
        return await until("the pool is back at its floor", lambda: stands(stage), FLOOR_WITHIN_S)
    except DriveFailed as failure:
        say(str(failure))
        return FLOOR_WITHIN_S


async def stands(stage: Drive) -> bool:
    """As many instances as the floor needs, all slots free, nothing on its way out."""
    running = [each for each in await stage.instances() if each["state"] not in ("terminated", "stopped")]
    if len(running) * SLOTS_EACH != FLOOR_SLOTS or any(each["state"] not in ALIVE for each in running):
        return False
    view = await stage.pool(POOL)
    return int(view["slots"].get("free", 0)) == FLOOR_SLOTS


async def all_play(guests: list[Guest]) -> bool:
    return all(guest.playing_at is not None or guest.trouble for guest in guests)


async def report(ramp: Ramp, numbers: dict[str, float]) -> int:
    """Judge, draw, write down, and print the one line. 0 when everything holds."""
    stage, began = ramp.drive, numbers["began"]
    rows = await stage.journal(pool_entity(POOL))
    passes = [pass_of(row) for row in rows if row["kind"] == "PoolPlanned" and seconds(row["at"]) >= began]
    ramped = [each for each in ramp.samples if began <= each.at <= numbers["second"]]
    worst = restored_passes(ramped, passes, TARGET_IDLE)
    taken = busy_taken([use_of(row) for row in await stage.sessions() if row.get("assignment")], await ends(stage))
    fleets = [fleet for fleet in await stage.fleets() if fleet["at"] >= began]
    say_fleets(fleets, numbers["second"])
    say_dips(ramped, passes)
    trouble = [guest.trouble for guest in ramp.guests if guest.trouble]
    say(f"hot answers {sum(each.status == HOT for each in ramp.guests)} of {len(ramp.guests)}; trouble {trouble or 0}")
    back_s = numbers["back_at_floor_s"]
    line = f"ramp restored_passes={worst} busy_taken={taken} back_at_floor_s={back_s:.0f}"
    document = {"line": line, "policy": POLICY, "numbers": numbers, "trouble": trouble, "fleets": fleets}
    await asyncio.to_thread(keep, ramp.samples, {**document, "decisions": rows})
    print(line, flush=True)
    spot_again = any(each["market"] == "spot" and each["launched"] for each in fleets if each["at"] > numbers["second"])
    return 0 if worst <= 2 and taken == 0 and back_s < FLOOR_WITHIN_S and spot_again and not trouble else 1


def keep(samples: list[Sample], document: dict[str, Any]) -> None:
    """reports/ramp.png and reports/ramp.json."""
    REPORTS.mkdir(exist_ok=True)
    title = f"0 to {VIEWERS} viewers and back: {document['line']}"
    draw_ramp(samples, document["fleets"], title, REPORTS / "ramp.png")
    text = json.dumps({**document, "samples": [asdict(each) for each in samples]})
    (REPORTS / "ramp.json").write_text(text + "\n")


def say_dips(samples: list[Sample], passes: list[Pass]) -> None:
    found = dips(samples, TARGET_IDLE)
    longest = max((end - start for start, end in found), default=0.0)
    say(f"{len(found)} dips under targetIdle, the longest {longest:.0f} s; {len(passes)} decision records")


def say_fleets(fleets: list[dict[str, Any]], second: float) -> None:
    """The number of EC2 requests by market: a tight loop would show here."""
    for market in ("spot", "on-demand"):
        mine = [each for each in fleets if each["market"] == market]
        got = sum(each["launched"] for each in mine)
        refused = sum(not each["launched"] for each in mine)
        say(
            f"{market}: {len(mine)} requests, {got} instances, {refused} requests in vain, at most "
            f"{most_within([each['at'] for each in mine], 10)} requests within 10 s"
        )
    late = [each["market"] for each in fleets if each["at"] > second and each["launched"]]
    say(f"second wave, when Spot may be asked again: launched on {', '.join(sorted(set(late))) or 'nothing'}")


def pass_of(row: dict[str, Any]) -> Pass:
    """A decision record."""
    ordered = (len(row["launchIds"]) + len(row.get("startIds", []))) * SLOTS_EACH
    return Pass(seconds(row["at"]), int(row["wanted"]), int(row["supply"]), ordered)


def use_of(row: dict[str, Any]) -> Use:
    """A session's row."""
    times = {state: float(at) for state, at in row["transitions"].items()}
    ended = times.get("Ended", times.get("Failed"))
    return Use(row["assignment"]["instanceId"], times["Assigned"], ended)


def seconds(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()


async def ends(stage: Drive) -> dict[str, float]:
    """When EC2 began to end each instance that is gone."""
    entered = {each["instanceId"]: each["enteredAt"] for each in await stage.instances()}
    return {instance_id: at["shutting-down"] for instance_id, at in entered.items() if "shutting-down" in at}


if __name__ == "__main__":
    sys.exit(run_drive(main))
