"""A viewer cancels in every state that a door can see: no slot stays held, no place in line, no execution waiting."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from greenroom_viewer.viewer import Viewer

from tests.integration.house import House, until
from tests.integration.long_waits import play

pytestmark = pytest.mark.slow

POOL, WITH_PICTURE = "cancels", "demo"


@asynccontextmanager
async def in_line(house: House) -> AsyncIterator[Viewer]:
    async with house.viewer("petra") as first, house.viewer("quirin") as who:
        assert (await first.request(POOL)).status == 201
        assert (await who.request(POOL)).status == 202
        yield who


@asynccontextmanager
async def assigned(house: House) -> AsyncIterator[Viewer]:
    async with house.viewer("petra") as who:
        assert (await who.request(POOL)).status == 201
        yield who


@asynccontextmanager
async def connected(house: House) -> AsyncIterator[Viewer]:
    async with house.viewer("petra") as who:
        await play(who, POOL)
        yield who


@asynccontextmanager
async def dropped(house: House) -> AsyncIterator[Viewer]:
    """Only a picture can drop: the `null` application has none."""
    await house.until_free(WITH_PICTURE, 1, 60)
    async with house.viewer("petra") as who:
        assert (await who.request(WITH_PICTURE)).status == 201
        await who.join()
        await who.watch()
        await who.until_connected()
        await who.vanish()
        yield who


@asynccontextmanager
async def moving(house: House) -> AsyncIterator[Viewer]:
    """Its instance is called back, and a halted pool starts no other one."""
    async with house.viewer("petra") as who:
        session = await play(who, POOL)
        assert (await house.operator("POST", f"/pools/{POOL}/halt", {"reason": "drill"})).status == 200
        await house.act_on("interrupt", house.instance_of(session), {"notice_s": 120})
        yield who
    assert (await house.operator("POST", f"/pools/{POOL}/resume")).status == 200


REACHED: dict[str, tuple[Callable[[House], AbstractAsyncContextManager[Viewer]], str]] = {
    "Queued": (in_line, "cancelled"),
    "Assigned": (assigned, "userLeft"),
    "Connected": (connected, "userLeft"),
    "Disconnected": (dropped, "userLeft"),
    "Migrating": (moving, "userLeft"),
}
"""Last the one that costs the instance. Requested is left before the door answers."""


async def test_who_cancels_in_any_state_holds_nothing_and_nothing_waits(house: House) -> None:
    async with house.stage(POOL, pool=(1, 0, 1)):
        for state, (reach, reason) in REACHED.items():
            if state != "Migrating":
                await house.until_free(POOL, 1, 30)
            async with reach(house) as who:
                await who.until(state, timeout_s=30)
                answers = [await who.api.call("DELETE", f"/sessions/{who.session_id}") for _ in range(2)]
                assert [each.status for each in answers] == [202, 202], state
                await until(lambda one=who.session_id: holds_nothing(house, one), 30)
                assert house.session_row(who.session_id)["statusReason"] == reason, state
                assert (await who.api.call("DELETE", f"/sessions/{who.session_id}")).status == 202, state


async def holds_nothing(house: House, session_id: str) -> bool:
    """Over, with no slot, no place in line, and an execution that came to its end."""
    row = house.session_row(session_id)
    if row["state"] != "Ended" or "executionArn" not in row:
        return False
    steps = house.client("stepfunctions")
    if steps.describe_execution(executionArn=row["executionArn"])["status"] != "SUCCEEDED":
        return False
    holding = [each for each in house.rows("Fleet") if each.get("sessionId") == session_id]
    standing = [each for each in house.rows("Sessions") if each["pk"].startswith("LINE#")]
    return not holding and not [each for each in standing if each["sessionId"] == session_id]
