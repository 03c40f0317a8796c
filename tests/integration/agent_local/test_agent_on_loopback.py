"""A real agent with a real application process against a control plane in the test: everything but AWS."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from .agent_process import another_agent, application_pids, running_agent
from .browser import Browser
from .fake_control_plane import FakeControlPlane

pytestmark = pytest.mark.slow


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_viewer_plays_reloads_leaves_and_the_next_one_finds_a_fresh_stage(tmp_path: Path) -> None:
    asyncio.run(play_through(tmp_path))


async def play_through(folder: Path) -> None:
    relay, port = FakeControlPlane(free_port()), free_port()
    async with running_agent(relay, folder, port):
        await relay.until_event("ready", 0, 0)
        await relay.until(lambda: relay.state == "Free", "free")
        [first_pid] = application_pids(port)
        assert all("Credential=AKIDEXAMPLE/" in line for line in relay.authorizations)

        await relay.claim("ses-first")
        began = time.monotonic()
        browser = Browser(relay)
        await relay.join()
        counter = await browser.until_counter(0)
        print(f"join to first decoded frame: {(time.monotonic() - began) * 1000:.0f} ms")
        await relay.until_event("connected", 1, 1)
        counter = await browser.until_counter(counter)
        assert_ports_are_in_range(browser.messages[0]["sdp"], 4760, 4779)

        colour = browser.colour
        await browser.press(65)
        await until(lambda: abs(browser.colour - colour) > 2, "the key changed the picture")

        # Reload: the tab closes and a new one joins; the same process goes on counting.
        await browser.close()
        await relay.until_event("disconnected", 1, 1)
        reloaded = Browser(relay)
        await relay.join()
        assert await reloaded.until_counter(0) > counter
        await relay.until_event("connected", 1, 2)
        assert application_pids(port) == [first_pid]
        leftover = folder / "work" / "slot-1" / "secret-of-the-viewer"
        leftover.write_text("x")

        await relay.leave()
        left_at = time.monotonic()
        await relay.until(lambda: relay.state == "Free", "free after leaving")
        print(f"leave to free: {(time.monotonic() - left_at) * 1000:.0f} ms")
        await reloaded.close()
        [second_pid] = application_pids(port)
        assert second_pid != first_pid
        assert not leftover.exists()

        await relay.claim("ses-second")
        second = Browser(relay)
        await relay.join()
        assert await second.until_counter(0) < 30, "a fresh process counts from the start"
        await second.close()
    assert application_pids(port) == []


def test_an_application_that_is_killed_is_reported_and_replaced(tmp_path: Path) -> None:
    asyncio.run(kill_the_application(tmp_path))


async def kill_the_application(folder: Path) -> None:
    relay, port = FakeControlPlane(free_port(), "null"), free_port()
    async with running_agent(relay, folder, port):
        await relay.until(lambda: relay.state == "Free", "free")
        await relay.claim("ses-killed")
        await relay.join()
        await relay.until_event("connected", 1, 1)
        os.kill(application_pids(port)[0], signal.SIGKILL)
        exited = await relay.until_event("exited", 1, 1)
        assert exited["sessionId"] == "ses-killed"
        assert "-9" in exited["detail"]
        await relay.leave()
        await relay.until(lambda: relay.state == "Free", "free again")
        await relay.claim("ses-next")
        await relay.join()
        await relay.until_event("connected", 2, 1)


def test_hints_and_frames_may_get_lost(tmp_path: Path) -> None:
    asyncio.run(lose_things(tmp_path))


async def lose_things(folder: Path) -> None:
    relay, port = FakeControlPlane(free_port(), "null"), free_port()
    async with running_agent(relay, folder, port):
        await relay.until(lambda: relay.state == "Free", "free")
        await relay.claim("ses-lossy")
        lost: list[str] = []

        def lose_first_of_each(frame: dict[str, object]) -> bool:
            kind = str(frame["kind"])
            is_first = kind not in lost
            lost.append(kind)
            return is_first and kind in ("frame", "ack")

        relay.lose = lose_first_of_each
        browser = Browser(relay)
        await relay.join()
        await until(lambda: [m["type"] for m in browser.messages] == ["offer"], "the offer came the second time", 5)
        await relay.cut_socket()
        browser.say({"type": "greenroomPlaying", "padding": "é" * 10_000})  # 60 KB, as é is escaped
        await until(lambda: browser.has_been_acknowledged, "60 KB arrived whole", 8)
        await relay.leave(with_hint=False)
        await relay.until(lambda: relay.state == "Free", "the heartbeat's answer said it too")
        await browser.close()


def test_an_agent_without_a_lease_fences_itself_and_comes_back(tmp_path: Path) -> None:
    asyncio.run(fence_and_return(tmp_path))


async def fence_and_return(folder: Path) -> None:
    relay, port = FakeControlPlane(free_port(), "null", heartbeat_s=0.2, lease_s=1), free_port()
    async with running_agent(relay, folder, port):
        await relay.until(lambda: relay.state == "Free", "free")
        await relay.claim("ses-fenced")
        await relay.join()
        await relay.until_event("connected", 1, 1)
        relay.is_silent = True
        await until(lambda: application_pids(port) == [], "the application was stopped", 5)
        relay.is_silent = False
        await relay.until_event("disconnected", 1, 1)
        await until(lambda: len(application_pids(port)) == 1, "a fresh application waits", 5)


def test_of_two_agents_of_one_instance_the_older_boot_stops_everything_and_exits(tmp_path: Path) -> None:
    asyncio.run(register_twice(tmp_path))


async def register_twice(folder: Path) -> None:
    relay, port, copy_port = FakeControlPlane(free_port(), "null", heartbeat_s=0.2), free_port(), free_port()
    (folder / "copy").mkdir()
    async with running_agent(relay, folder, port) as agent:
        await relay.until(lambda: relay.state == "Free", "free")
        async with another_agent(relay, folder / "copy", copy_port):
            assert await asyncio.wait_for(agent.wait(), 10) == 3
            assert application_pids(port) == []
            await relay.until(lambda: relay.state == "Free" and relay.epoch == 1, "the newer one serves")
            assert len(application_pids(copy_port)) == 1


def test_a_machine_that_is_switched_off_and_on_is_a_new_boot(tmp_path: Path) -> None:
    asyncio.run(switch_off_and_on(tmp_path))


async def switch_off_and_on(folder: Path) -> None:
    relay, port, heartbeat = FakeControlPlane(free_port(), "null"), free_port(), folder / "heartbeat"
    async with running_agent(relay, folder, port) as agent:
        await relay.until(lambda: relay.state == "Free", "free")
        await relay.claim("ses-before")
        agent.kill()
        await agent.wait()
        await until(lambda: application_pids(port) == [], "the application ended", 5)
        os.utime(heartbeat, (0, 0))
        more_slots = folder / "work" / "slot-9"
        more_slots.mkdir()
        leftover = folder / "work" / "slot-1" / "secret-of-the-viewer"
        leftover.touch()
        async with another_agent(relay, folder, port):
            await relay.until(lambda: relay.state == "Free", "free again")
            assert relay.epoch == 2
            assert len(set(relay.boot_nonces)) == len(relay.boot_nonces) == 2
            assert not leftover.exists()
            assert not more_slots.exists()
            assert time.time() - heartbeat.stat().st_mtime < 60
            await relay.claim("ses-after")
            await relay.join()
            await relay.until_event("connected", 3, 1)


def test_what_ec2_announces_is_heard_at_once_and_the_picture_is_left_to_a_moved_viewer(tmp_path: Path) -> None:
    asyncio.run(interrupt_and_move(tmp_path))


async def interrupt_and_move(folder: Path) -> None:
    relay, port = FakeControlPlane(free_port(), heartbeat_s=0.5), free_port()
    async with running_agent(relay, folder, port):
        await relay.until(lambda: relay.state == "Free", "free")
        await relay.claim("ses-moved")
        browser = Browser(relay)
        await relay.join()
        await relay.until_event("connected", 1, 1)
        relay.documents["spot/instance-action"] = '{"action": "terminate", "time": "2026-01-31T12:00:00Z"}'
        notice = {"kind": "spotInterruption", "at": "2026-01-31T12:00:00.000Z"}
        await relay.until(lambda: relay.heartbeats[-1].get("notice") == notice, "the notice is heard", 7)

        # Retired, but the session is still here: a reload works.
        relay.retire()
        await browser.close()
        await relay.until_event("disconnected", 1, 1)
        browser = Browser(relay)
        await relay.join()
        counter = await browser.until_counter(0)
        await relay.until_event("connected", 1, 2)

        relay.hand_over()
        beats = len(relay.heartbeats)
        await relay.until(lambda: len(relay.heartbeats) > beats + 2, "the agent knows")
        counter = await browser.until_counter(max(counter, browser.counters[-1]) + 15)
        assert len(application_pids(port)) == 1
        await browser.close()
        await until(lambda: application_pids(port) == [], "nobody watches any more", 8)
        assert relay.heartbeats[-1]["notice"] == notice


def test_a_null_viewer_whose_page_stays_away_has_left(tmp_path: Path) -> None:
    asyncio.run(leave_without_a_word(tmp_path))


async def leave_without_a_word(folder: Path) -> None:
    relay, port = FakeControlPlane(free_port(), "null"), free_port()
    async with running_agent(relay, folder, port):
        await relay.until(lambda: relay.state == "Free", "free")
        await relay.claim("ses-silent")
        await relay.join()
        await relay.until_event("connected", 1, 1)
        await relay.page_socket(is_open=False)
        closed_at = time.monotonic()
        await relay.until_event("disconnected", 1, 1, 12)
        assert 9 < time.monotonic() - closed_at < 12
        await relay.page_socket(is_open=True)
        await relay.until(lambda: [e["event"] for e in relay.events].count("connected") == 2, "it came back")


def test_an_application_does_not_outlive_a_killed_agent(tmp_path: Path) -> None:
    asyncio.run(kill_the_agent(tmp_path))


async def kill_the_agent(folder: Path) -> None:
    relay, port = FakeControlPlane(free_port()), free_port()
    async with running_agent(relay, folder, port) as agent:
        await relay.until(lambda: relay.state == "Free", "free")
        agent.kill()
        await agent.wait()
        await until(lambda: application_pids(port) == [], "the application ended", 5)


async def until(holds: Callable[[], bool], what: str, timeout_s: float = 10) -> None:
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, f"never: {what}"
        await asyncio.sleep(0.05)


def assert_ports_are_in_range(sdp: str, first: int, last: int) -> None:
    ports = [int(line.split()[5]) for line in sdp.splitlines() if line.startswith("a=candidate:")]
    assert ports
    assert all(first <= port <= last for port in ports)
