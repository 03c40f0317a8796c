"""What ends at once: an application that dies, a market without Spot, a viewer who leaves the slot to the next."""

from __future__ import annotations

import os
import signal
from typing import Any

from greenroom_lab.processes import processes_of
from greenroom_viewer.viewer import Viewer

from tests.integration.house import House


async def play(who: Viewer, application: str) -> dict[str, Any]:
    answer = await who.request(application)
    assert answer.status == 201, answer
    await who.join()
    return await who.until_connected()


async def test_a_killed_application_ends_the_session_as_application_exit(house: House) -> None:
    async with house.stage("exits", pool=(1, 0, 1)):
        async with house.viewer("hugo") as who:
            session = await play(who, "exits")
            for pid in applications_of(house, house.instance_of(session)):
                os.kill(pid, signal.SIGKILL)
            view = await who.until("Ended", "Failed", timeout_s=10)
            assert view["statusReason"] == "applicationExit"
        await house.until_free("exits", 1, 15)


async def test_when_spot_is_refused_the_launch_goes_on_demand(house: House) -> None:
    house.engine_control("PUT", "ec2", {"rules": [{"market": "spot", "free": 0}]})
    try:
        async with house.stage("nospot", pool=(1, 0, 1)):
            async with house.viewer("kai") as who:
                session = await play(who, "nospot")
                assert session["slot"]["market"] == "on-demand"
    finally:
        house.engine_control("PUT", "ec2", {"rules": []})


async def test_who_waits_gets_the_slot_that_another_leaves(house: House) -> None:
    async with house.stage("line", pool=(1, 0, 1)):
        async with house.viewer("nils") as first, house.viewer("otto") as second:
            await play(first, "line")
            waiting = await second.request("line")
            assert (waiting.status, waiting.body["place"]) == (202, 1)
            await first.leave()
            await second.join()
            session = await second.until_connected()
            assert session["slot"] is not None


def applications_of(house: House, instance_id: str) -> list[int]:
    """Everything of the machine but its agent."""
    hosted = house.thread.platform.host.hosted[instance_id]
    return [pid for pid in processes_of(hosted.place.folder) if pid != hosted.agent_pid]
