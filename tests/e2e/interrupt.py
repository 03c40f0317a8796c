"""`make interrupt`: a viewer plays in Chromium, and the machine is taken away; with a Spot warning, then without one.

Real time throughout. The pool keeps one hot spare: two instances of one slot each.
"""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import dataclass
from typing import Any

from greenroom_lab.drives.drive import ALIVE, Drive, drive, run_drive, say, until
from playwright.async_api import Page

from tests.e2e.chromium import browser, open_page, play, shot, sign_in, until_state, until_true

POOL, BOOT_S = "demo", 5.0  # the page plays this application
POLICY = {"alwaysOn": 2, "targetIdle": 1, "maximum": 4}
SPARES, NOTICE_S = 1, 120.0
TOLD_WITHIN_MS, MOVED_WITHIN_MS, FOUND_WITHIN_MS = 2_000, 10_000, 60_000
HEARTBEATS_MISSED_S = 60.0
OUT_OF_SERVICE = ("Interrupted", "Quarantined", "Draining", "Terminating", "Terminated")


@dataclass(frozen=True, slots=True)
class Move:
    """One viewer's way from a lost machine to another. Milliseconds since it was taken."""

    lost: str
    taken_at: float
    found_ms: float  # the control plane has taken the machine out of service
    told_ms: float  # the page knows
    resumed_ms: float  # the first frame from the other machine
    same_session: bool

    @property
    def words(self) -> str:
        return f"resumed_ms={self.resumed_ms:.0f} same_session={str(self.same_session).lower()}"


async def main() -> int:
    async with drive("interrupt", BOOT_S) as stage, browser() as opened:
        await stage.configure(POOL, "demo", 1, POLICY)
        await until("two hot slots", lambda: free_slots(stage, 2), 120)
        page = await open_page(opened, stage.platform.local)
        await sign_in(page, stage.platform.demo.user, stage.platform.demo.password)
        await play(page)
        await until("a hot spare", lambda: free_slots(stage, SPARES), 120)
        warned = await take(stage, page, "interrupt", {"notice_s": NOTICE_S})
        ended_s = await ended_after(stage, warned)
        await until("the pool is refilled", lambda: free_slots(stage, SPARES), 120)
        say(f"the interrupted machine ended after {ended_s:.0f} s; a spare is ready again")
        killed = await take(stage, page, "kill", {})
        await until("the pool is refilled", lambda: free_slots(stage, SPARES), 120)
        await page.get_by_test_id("leave").click()
        await until_state(page, "ended")
    print(f"interrupt killed found_ms={killed.found_ms:.0f} {killed.words}")
    print(f"interrupt told_ms={warned.told_ms:.0f} {warned.words}", flush=True)
    return 0 if ended_s < NOTICE_S and holds(warned, killed) else 1


def holds(warned: Move, killed: Move) -> bool:
    return (
        warned.told_ms <= TOLD_WITHIN_MS
        and warned.resumed_ms <= MOVED_WITHIN_MS
        and killed.found_ms <= FOUND_WITHIN_MS
        and killed.resumed_ms - killed.found_ms <= MOVED_WITHIN_MS
        and warned.same_session
        and killed.same_session
    )


async def take(stage: Drive, page: Page, verb: str, body: dict[str, Any]) -> Move:
    """Take the machine that plays, and follow the viewer to the next one."""
    session, moves = await seen(page, "sessionId"), int(await seen(page, "migrations"))
    before, lost = await seen(page, "shownSlot"), await instance_of(stage, session)
    taken_at = time.time()
    await stage.act_on(verb, lost, body)
    finding = asyncio.create_task(found_at(stage, lost))
    await until_true(page, f"window.greenroom.migrations > {moves} && window.greenroom.movingTold", HEARTBEATS_MISSED_S)
    await shot(page, f"5-moving-{verb}")
    await until_true(page, f"window.greenroom.resumedAt > {taken_at * 1000}", HEARTBEATS_MISSED_S)
    frames = int(await seen(page, "frames"))
    await until_true(page, f"window.greenroom.frames > {frames + 10}")
    await shot(page, f"6-moved-{verb}")
    now_on, is_playing = await instance_of(stage, session), await seen(page, "state") == "playing"
    same = await seen(page, "sessionId") == session and is_playing and await seen(page, "shownSlot") != before
    same = same and now_on != lost
    told_ms, resumed_ms = [float(await seen(page, name)) - taken_at * 1000 for name in ("movingTold", "resumedAt")]
    move = Move(lost, taken_at, (await finding - taken_at) * 1000, told_ms, resumed_ms, same)
    say(f"{verb}: {lost} -> {now_on}, found {move.found_ms:.0f} ms, told {told_ms:.0f} ms, {move.words}")
    return move


async def instance_of(stage: Drive, session_id: str) -> str:
    """From the session's row: no viewer is told."""
    [row] = [each for each in await stage.sessions() if each["sessionId"] == session_id]
    return str(row["assignment"]["instanceId"])


async def seen(page: Page, name: str) -> Any:
    return await page.evaluate(f"window.greenroom.{name}")


async def found_at(stage: Drive, instance_id: str) -> float:
    """When the control plane took the machine out of service."""

    async def is_out() -> bool:
        views = (await stage.api.must("GET", f"/pools/{POOL}/instances"))["instances"]
        states = {view["instanceId"]: view["state"] for view in views}
        return states.get(instance_id, "Terminated") in OUT_OF_SERVICE

    await until(f"{instance_id} is out of service", is_out, HEARTBEATS_MISSED_S, 0.1)
    return time.time()


async def free_slots(stage: Drive, number: int) -> bool:
    return int((await stage.pool(POOL))["slots"].get("free", 0)) >= number


async def ended_after(stage: Drive, move: Move) -> float:
    """Seconds from the warning to the end of the machine, as EC2 saw it."""

    async def is_ended() -> bool:
        return move.lost not in {each["instanceId"] for each in await stage.alive()}

    await until("the interrupted machine is gone", is_ended, NOTICE_S + 10)
    [lost] = [each for each in await stage.instances() if each["instanceId"] == move.lost]
    assert lost["state"] not in ALIVE
    return float(lost["enteredAt"]["shutting-down"]) - move.taken_at


if __name__ == "__main__":
    sys.exit(run_drive(main))
