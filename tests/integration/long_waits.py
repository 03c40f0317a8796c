"""Scenarios that mostly wait. They run side by side, so that the suite waits once: `house.begin` and `house.result`."""

from __future__ import annotations

import time
from typing import Any

from greenroom_lab.viewer import Viewer, launch

from tests.integration.house import House, until


async def play(who: Viewer, application: str) -> dict[str, Any]:
    """A session of a `null` application, connected."""
    await launch(who, application)
    return await who.until_connected()


async def agent_killed(house: House) -> str:
    """The agent crashes under a session; returns the session's statusReason, once a replacement waits."""
    async with house.stage("dies", pool=(1, 0, 1)):
        async with house.viewer("ivan") as who:
            session = await play(who, "dies")
            lost = session["slot"]["instanceId"]
            await house.machine("kill", lost)
            view = await who.until("Ended", "Failed", timeout_s=60)
        await house.until_free("dies", 1, 60)

        async def is_gone() -> bool:
            return lost not in house.thread.platform.host.machines

        await until(is_gone, 60)
    return str(view["statusReason"])


async def machine_hangs(house: House) -> str:
    """The machine freezes under a session; returns the session's statusReason, once a replacement waits."""
    async with house.stage("hangs", pool=(1, 0, 1)):
        async with house.viewer("jana") as who:
            session = await play(who, "hangs")
            await house.machine("hang", session["slot"]["instanceId"])
            view = await who.until("Ended", "Failed", timeout_s=60)
        await house.until_free("hangs", 1, 60)
    return str(view["statusReason"])


async def viewer_vanishes(house: House) -> list[str]:
    """Picture and socket end without a word; returns the states seen and the statusReason."""
    async with house.stage("window", kind="demo", pool=(1, 0, 1), reconnectWindow_s=10):
        async with house.viewer("lena") as who:
            await launch(who, "window")
            await who.watch()
            await who.until_connected()
            await who.vanish()
            dropped = await who.until("Disconnected", "Ended", timeout_s=30)
            ended = await who.until("Ended", timeout_s=60)
        await house.until_free("window", 1, 30)
    return [dropped["state"], ended["state"], ended["statusReason"]]


async def viewer_never_connects(house: House) -> str:
    """A slot is claimed and nobody comes; returns the statusReason once the slot is free again."""
    async with house.stage("never", pool=(1, 0, 1), connectionTimeout_s=10):
        async with house.viewer("mira") as who:
            answer = await who.request("never")
            assert answer.status == 201, answer
            view = await who.until("Ended", "Failed", timeout_s=60)
        await house.until_free("never", 1, 30)
    return str(view["statusReason"])


LEAD_S = 120


async def event_is_warmed(house: House) -> float:
    """An event two minutes ahead: its slots are free before its start and gone after its end.

    Returns how many seconds before the start they were free.
    """
    await house.application("gala", "null", 2)
    await house.pool("gala", 0, 0, 4)
    start = time.time() + LEAD_S
    end = start + 30
    times = {"start": iso(start), "end": iso(end), "lead_s": 90}
    answer = await house.operator("POST", "/events", {"poolId": "gala", "expectedSessions": 4, **times})
    assert answer.status == 201, answer
    try:
        await house.until_free("gala", 4, timeout_s=LEAD_S + 30)
        early_s = start - time.time()

        async def is_empty() -> bool:
            slots = await house.slots("gala")
            return all(slots.get(state, 0) == 0 for state in ("free", "reserved", "streaming"))

        await until(is_empty, timeout_s=end - time.time() + 60, every_s=1)
    finally:
        await house.pool("gala", 0, 0, 0)
    return early_s


def iso(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(at))
