"""Each way a session or a machine can die, and what the platform makes of it."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest
from greenroom_lab.processes import processes_of
from greenroom_lab.viewer import Viewer, launch

from tests.integration.house import House, until


async def play(who: Viewer, application: str) -> dict[str, Any]:
    answer = await who.request(application)
    assert answer.status == 201, answer
    await who.join()
    return await who.until_connected()


async def test_a_killed_application_ends_the_session_as_application_exit(house: House) -> None:
    async with house.stage("exits", pool=(1, 0, 1)):
        async with house.viewer("hugo") as who:
            session = await play(who, "exits")
            for pid in applications_of(house, session["slot"]["instanceId"]):
                os.kill(pid, signal.SIGKILL)
            view = await who.until("Ended", "Failed", timeout_s=10)
            assert view["statusReason"] == "applicationExit"
        await house.until_free("exits", 1, 15)


@pytest.mark.slow
async def test_a_killed_agent_ends_the_session_as_unhealthy_and_is_replaced(house: House) -> None:
    async with house.stage("dies", pool=(1, 0, 1)):
        async with house.viewer("ivan") as who:
            session = await play(who, "dies")
            lost = session["slot"]["instanceId"]
            await house.machine("kill", lost)
            view = await who.until("Ended", "Failed", timeout_s=60)
            assert view["statusReason"] == "instanceUnhealthy"
        seconds = await house.until_free("dies", 1, 60)
        print(f"replacement ready {seconds:.1f} s after the session's end")

        async def is_gone() -> bool:
            return lost not in house.thread.platform.host.machines

        await until(is_gone, 60)


@pytest.mark.slow
async def test_a_hanging_machine_is_replaced_like_a_dead_one(house: House) -> None:
    async with house.stage("hangs", pool=(1, 0, 1)):
        async with house.viewer("jana") as who:
            session = await play(who, "hangs")
            await house.machine("hang", session["slot"]["instanceId"])
            view = await who.until("Ended", "Failed", timeout_s=60)
            assert view["statusReason"] == "instanceUnhealthy"
        await house.until_free("hangs", 1, 60)


async def test_when_spot_is_refused_the_launch_goes_on_demand(house: House) -> None:
    house.engine_door("PUT", "ec2", {"rules": [{"market": "spot", "free": 0}]})
    try:
        async with house.stage("nospot", pool=(1, 0, 1)):
            async with house.viewer("kai") as who:
                session = await play(who, "nospot")
                assert session["slot"]["market"] == "on-demand"
    finally:
        house.engine_door("PUT", "ec2", {"rules": []})


async def test_a_vanished_viewer_is_waited_for_and_then_ended(house: House) -> None:
    async with house.stage("window", kind="demo", pool=(1, 0, 1), reconnectWindow_s=10):
        async with house.viewer("lena") as who:
            await launch(who, "window")
            await who.watch()
            await who.until_connected()
            await who.vanish()
            view = await who.until("Disconnected", "Ended", timeout_s=30)
            assert view["state"] == "Disconnected"
            view = await who.until("Ended", timeout_s=40)
            assert view["statusReason"] == "reconnectionTimeout"
        await house.until_free("window", 1, 15)


async def test_a_viewer_who_never_connects_gives_the_slot_back(house: House) -> None:
    async with house.stage("never", pool=(1, 0, 1), connectionTimeout_s=10):
        async with house.viewer("mira") as who:
            answer = await who.request("never")
            assert answer.status == 201
            view = await who.until("Ended", "Failed", timeout_s=60)
            assert view["statusReason"] == "connectionTimeout"
        await house.until_free("never", 1, 15)


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
    machine = house.thread.platform.host.machines[instance_id]
    return [pid for pid in processes_of(machine.place.folder) if pid != machine.agent_pid]
