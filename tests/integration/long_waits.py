"""Scenarios that mostly wait. They run side by side, so that the suite waits once: `house.begin` and `house.result`."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from greenroom.aws.quota.quota_rows import counter_key
from greenroom.aws.table.values import item
from greenroom.domain.quota.quota import LIVE
from greenroom_viewer.viewer import Viewer, launch

from tests.integration.house import House, until


async def play(who: Viewer, application: str) -> dict[str, Any]:
    """A session of a `null` application, connected."""
    await launch(who, application)
    return await who.until_connected()


async def moved(house: House, who: Viewer, lost: str, timeout_s: float) -> dict[str, Any]:
    """The session once it plays on another instance than `lost`. Raises: TimeoutError."""
    async with asyncio.timeout(timeout_s):
        while (view := await who.view())["state"] != "Connected" or house.instance_of(view) == lost:
            assert view["state"] not in ("Ended", "Failed"), view
            await asyncio.sleep(0.1)
    return view


async def agent_killed(house: House) -> dict[str, Any]:
    """The agent crashes under a session; the session once it plays on the replacement, its instance gone."""
    async with house.stage("dies", pool=(1, 0, 1)):
        async with house.viewer("ivan") as who:
            session = await play(who, "dies")
            lost = house.instance_of(session)
            await house.act_on("kill", lost)
            view = await moved(house, who, lost, timeout_s=90)

        async def is_gone() -> bool:
            return lost not in house.thread.platform.host.hosted

        await until(is_gone, 60)
    return view


async def machine_hangs(house: House) -> dict[str, Any]:
    """The machine freezes under a session; the session once it plays on the replacement."""
    async with house.stage("hangs", pool=(1, 0, 1)):
        async with house.viewer("jana") as who:
            session = await play(who, "hangs")
            lost = house.instance_of(session)
            await house.act_on("hang", lost)
            return await moved(house, who, lost, timeout_s=90)


async def spot_is_taken(house: House) -> dict[str, Any]:
    """EC2 warns of an interruption while a hot spare stands by; how long the steps took, seconds."""
    async with house.stage("taken", pool=(2, 0, 4)):
        async with house.viewer("kim") as who:
            session = await play(who, "taken")
            lost, warned = house.instance_of(session), time.monotonic()
            await house.act_on("interrupt", lost, {"notice_s": 120})
            view = await moved(house, who, lost, timeout_s=60)
            moved_s = time.monotonic() - warned

            async def is_gone() -> bool:
                return lost not in house.thread.platform.host.hosted

            await until(is_gone, 120)
            gone_s = time.monotonic() - warned
            await house.until_free("taken", 1, 60)
    same = view["sessionId"] == session["sessionId"]
    return {"same": same, "migrations": view["migrations"], "moved_s": moved_s, "gone_s": gone_s}


async def warm_instance_starts(house: House) -> list[str]:
    """A pool keeps one instance stopped, starts it when asked for a slot, and it serves; its ids, before and after."""
    await house.application("warmed", "null", 1)
    policy = {"alwaysOn": 0, "targetIdle": 0, "maximum": 2, "warmInstances": 1}
    try:
        await house.pool("warmed", **_named(policy), policy=policy)

        async def stopped() -> list[str]:
            found = (await house.operator("GET", "/pools/warmed/instances")).body["instances"]
            return [each["instanceId"] for each in found if each["state"] == "Stopped"]

        await until(stopped, 120, every_s=0.5)
        before = await stopped()
        await asyncio.sleep(CONFIRMED_WITHIN_S)
        policy = {**policy, "targetIdle": 1, "warmInstances": 0}
        await house.pool("warmed", **_named(policy), policy=policy)
        await house.until_free("warmed", 1, 60)
        found = (await house.operator("GET", "/pools/warmed/instances")).body["instances"]
        return [*before, *(each["instanceId"] for each in found if each["state"] == "Ready")]
    finally:
        await house.pool("warmed", 0, 0, 0)


CONFIRMED_WITHIN_S = 15
"""The reaper sees within a pass that EC2 has stopped it; before, it cannot be started."""


def _named(policy: dict[str, int]) -> dict[str, int]:
    return {"always_on": policy["alwaysOn"], "target_idle": policy["targetIdle"], "maximum": policy["maximum"]}


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


MISCOUNTED = "miscounted"
"""The tenant whose counters say, for a while, what no session holds."""


async def miscount_is_corrected(house: House) -> list[int]:
    """Units that nobody holds fill a tenant's quota; how a launch is answered before the reaper's recounts and after.

    Two recounts must agree, and a pass that comes late misses its turn: one to five minutes.
    """
    await house.application("miscount", "null", 1)
    await house.pool("miscount", 0, 0, 0)
    house.person("tilda", f"tenant-{MISCOUNTED}")
    quota = f"/tenants/{MISCOUNTED}/quota"
    assert (await house.operator("PUT", quota, {"concurrentSessions": 2})).status == 200
    for shard in range(2):
        key = {"pk": counter_key(f"TENANT#{MISCOUNTED}", shard), "sk": LIVE}
        row = item({**key, "live": 1, "changedAt": round(time.time() - 60, 3)})
        house.client("dynamodb").put_item(TableName=house.outputs["SessionsTable"], Item=row)

    async def has_room() -> bool:
        return bool((await house.operator("GET", quota)).body["used"]["concurrentSessions"] == 0)

    async with house.viewer("tilda") as who:
        before = (await who.request("miscount")).status
        await until(has_room, 420, every_s=2)
        return [before, (await who.request("miscount")).status]


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
