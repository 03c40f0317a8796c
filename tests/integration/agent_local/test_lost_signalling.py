"""A streamer whose process runs and whose signalling is gone: nobody is sent there, and when it is back all goes on."""

import asyncio
from pathlib import Path

import pytest

from .agent_process import application_pids, running_agent
from .browser import Browser
from .fake_control_plane import FakeControlPlane
from .test_agent_on_loopback import free_port, until

pytestmark = pytest.mark.slow

# Says what the null application says but of its peers; goes away while there is a file `away` in its folder.
MOODY = """
import json, pathlib, socket, sys, threading, time
from greenroom_agent.runner.null_application import EndpointClosed, answers, connect

away, told = pathlib.Path("away"), pathlib.Path("told")


def talk(endpoint):
    try:
        while True:
            message = json.loads(endpoint.receive())
            with told.open("a") as file:
                file.write(message["type"] + " " + str(message.get("playerId", "")) + "\\n")
            for answer in answers(message):
                if answer["type"] != "greenroomPeer":
                    endpoint.send(json.dumps(answer))
    except (EndpointClosed, OSError):
        return


while True:
    time.sleep(0.05)
    if not away.exists():
        try:
            endpoint = connect(sys.argv[sys.argv.index("--url") + 1])
        except (EndpointClosed, OSError):
            continue
        talking = threading.Thread(target=talk, args=[endpoint])
        talking.start()
        while talking.is_alive() and not away.exists():
            time.sleep(0.02)
        endpoint._connection.shutdown(socket.SHUT_RDWR)
        talking.join()
"""


def moody(folder: Path) -> FakeControlPlane:
    script = folder / "moody.py"
    script.write_text(MOODY)
    return FakeControlPlane(free_port(), "null", command=["python", str(script)])


def told(folder: Path) -> list[str]:
    return [line for line in (folder / "work/slot-1/told").read_text().splitlines() if line.startswith("player")]


def test_a_slot_is_free_only_while_its_streamer_is_there(tmp_path: Path) -> None:
    asyncio.run(go_and_come_back(tmp_path))


async def go_and_come_back(folder: Path) -> None:
    relay, port = moody(folder), free_port()
    away = folder / "work/slot-1/away"
    async with running_agent(relay, folder, port):
        await relay.until(lambda: relay.state == "Free", "free")
        [pid] = application_pids(port)
        for _ in range(2):
            away.touch()
            await relay.until(lambda: relay.state == "Resetting", "no viewer is sent to a slot without its streamer")
            await until(lambda: relay.heartbeats[-1]["slots"][0]["health"] == "starting", "the heartbeat says it too")
            away.unlink()
            await relay.until(lambda: relay.state == "Free", "free again")
        assert application_pids(port) == [pid], "it never had to be started again"


def test_a_viewer_who_came_in_that_moment_gets_the_offer_when_the_streamer_is_back(tmp_path: Path) -> None:
    asyncio.run(come_in_that_moment(tmp_path))


async def come_in_that_moment(folder: Path) -> None:
    relay, port = moody(folder), free_port()
    away = folder / "work/slot-1/away"
    async with running_agent(relay, folder, port):
        await relay.until(lambda: relay.state == "Free", "free")
        relay.is_deaf = True  # the claim is written before notReady arrives
        away.touch()
        await asyncio.sleep(0.3)
        await relay.claim("ses-early")
        relay.is_deaf = False
        browser = Browser(relay)
        await relay.join()
        await asyncio.sleep(0.3)
        assert browser.messages == []
        away.unlink()
        await until(lambda: [m["type"] for m in browser.messages] == ["offer"], "the offer came")
        assert relay.state == "Reserved", "the claim has won"
        browser.say({"type": "greenroomPlaying"})
        await relay.until_event("connected", 1, 1)
        away.touch()
        await asyncio.sleep(0.3)
        away.unlink()
        await until(
            lambda: [m["type"] for m in browser.messages] == ["offer", "offer"], "a second offer in the same join"
        )
        assert told(folder) == ["playerConnected 1", "playerConnected 1"]
        assert relay.state == "Streaming"
        await relay.leave()
        await relay.until(lambda: relay.state == "Free", "free for the next one")
        await browser.close()
