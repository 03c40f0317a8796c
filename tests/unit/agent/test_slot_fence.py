"""The fence round a slot: whatever is raised inside resets that slot, and nothing leaves it."""

import asyncio
import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from greenroom_agent.control_plane.api_messages import Join, SlotState, SlotTruth
from greenroom_agent.control_plane.control_plane import MAXIMUM_ANSWER_BYTES, Unavailable, _read
from greenroom_agent.control_plane.report import Report
from greenroom_agent.instance.instance_metadata import InstanceMetadata
from greenroom_agent.runner.application_process import ProcessLaunch
from greenroom_agent.runner.slot_supervisor import Pauses, SlotSupervisor
from greenroom_agent.slot.occupancy import Occupancy
from greenroom_agent.slot.slot import Slot
from greenroom_agent.slot.streamer_endpoint import StreamerEndpoint

from .test_strict_json import HOSTILE


class Faulty:
    """A streamer, supervisor and socket that work until they are told not to."""

    is_open = True

    def __init__(self) -> None:
        self.fault: Exception | None = None
        self.failures: list[str] = []

    def send(self, message: Any) -> None:
        if self.fault is not None:
            raise self.fault

    def ready(self) -> None:
        self.send(None)

    def restart(self) -> None:
        self.send(None)

    def stop(self) -> None:
        self.send(None)

    def notify(self, report: Report) -> None:
        self.send(None)

    def lost(self) -> None:
        self.send(None)

    def fail(self, detail: str) -> None:
        self.failures.append(detail)


ANSWER = {"kind": "frame", "sequence": 1, "part": 1, "parts": 1, "data": '{"type":"answer","sdp":"x"}'}
ENTRANCES: dict[str, Callable[[Slot], None]] = {
    "a page's frame": lambda slot: slot.hear_page({**ANSWER, "sessionId": "ses-1", "epoch": 1, "joinNumber": 1}),
    "a streamer's message": lambda slot: slot.hear_streamer({"type": "offer", "playerId": "1", "sdp": "x"}),
    "a streamer without a type": lambda slot: slot.hear_streamer({}),
    "a join": lambda slot: slot.join(Join("i-1.1", "ses-1", 1, 2)),
    "the truth": lambda slot: slot.observe(SlotTruth("i-1.1", 1, SlotState.RESETTING)),
    "the fence of the lease": lambda slot: slot.fence(),
    "an exit": lambda slot: slot.application_exited("x"),
    "a streamer that is gone": lambda slot: slot.streamer_lost(),
    "a streamer that is ready": lambda slot: slot.application_ready(),
}


@pytest.mark.parametrize(
    "fault", [KeyError("x"), RecursionError(), OSError(28, "No space left on device"), MemoryError()]
)
@pytest.mark.parametrize("enter", ENTRANCES.values(), ids=ENTRANCES)
async def test_what_a_slots_work_raises_costs_it_its_application(
    enter: Callable[[Slot], None], fault: Exception
) -> None:
    parts = Faulty()
    slot = Slot(Occupancy("i-1.1", 0), parts, None)
    slot.bind(parts, parts, parts.notify)
    slot.application_ready()
    slot.join(Join("i-1.1", "ses-1", 1, 1))
    parts.fault = fault
    enter(slot)
    assert len(parts.failures) == 1
    slot.close()


class Disk:
    """Folders that cannot be made while it is full."""

    def __init__(self) -> None:
        self.is_full = False
        self.tries = 0

    def empty(self, folder: Path, owner: str | None) -> None:
        self.tries += 1
        if self.is_full:
            raise OSError(28, "No space left on device")
        folder.mkdir(parents=True, exist_ok=True)


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0.01)


async def test_a_slot_that_cannot_be_cleared_is_tried_again_and_starts_nothing_meanwhile(tmp_path: Path) -> None:
    disk, starts, exits = Disk(), list[str](), list[str]()
    launch = ProcessLaunch(["sleep", "60"], {"PATH": os.environ["PATH"]}, tmp_path / "slot-1", tmp_path / "log", "mark")
    pauses = Pauses(first_crash_s=0.02, last_crash_s=0.05)
    supervisor = SlotSupervisor(
        launch, QuietEndpoint(), lambda: starts.append("start"), exits.append, lambda: 0.5, pauses, disk.empty
    )
    running = asyncio.create_task(supervisor.run())
    await until(lambda: supervisor.process is not None)
    disk.is_full, tries = True, disk.tries
    supervisor.restart()
    await until(lambda: disk.tries > tries + 3)
    assert starts == ["start"]
    assert not running.done()
    disk.is_full = False
    await until(lambda: len(starts) == 2 and supervisor.process is not None)
    supervisor.fail("an error in the agent: KeyError")
    await until(lambda: len(starts) == 3)
    assert exits == ["an error in the agent: KeyError"]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


class QuietEndpoint:
    def open(self) -> None: ...
    def shut(self) -> None: ...


# -- what comes from elsewhere


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_answer_of_the_control_plane_is_no_answer(text: str) -> None:
    with pytest.raises(Unavailable):
        _read(200, text.encode("utf-8", "surrogatepass").ljust(1 + MAXIMUM_ANSWER_BYTES * ("x" * 9 in text)))


async def test_a_hostile_document_of_the_metadata_service_says_nothing() -> None:
    documents = iter(HOSTILE.values())

    async def serve(request: web.Request) -> web.Response:
        if request.method == "PUT":
            return web.Response(text="token")
        return web.Response(body=next(documents, "{}").encode("utf-8", "surrogatepass"))

    app = web.Application()
    app.router.add_route("*", "/{any:.*}", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with ClientSession() as http:
        metadata = InstanceMetadata(http, f"http://127.0.0.1:{runner.addresses[0][1]}", lambda: 0.0)
        for _ in range(len(HOSTILE) // 2 + 1):
            try:
                assert await metadata.notice() is None
            except UnicodeDecodeError:  # one of METADATA_FAULTS: asked again
                continue
    await runner.cleanup()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_an_endpoint_tells_that_its_streamer_went_but_not_when_it_was_shown_out() -> None:
    told: list[str] = []
    endpoint = StreamerEndpoint(
        free_port(), [], lambda: told.append("ready"), lambda message: None, lambda: told.append("lost")
    )
    await endpoint.listen()
    endpoint.open()
    async with ClientSession() as http:
        for _ in range(2):
            async with http.ws_connect(endpoint.url) as streamer:
                await streamer.send_json({"type": "endpointId", "id": "x"})
                await until(lambda: told[-1:] == ["ready"])
            await until(lambda: told[-1:] == ["lost"])
        async with http.ws_connect(endpoint.url) as streamer:
            await streamer.send_json({"type": "endpointId", "id": "x"})
            await until(lambda: told[-1:] == ["ready"])
            await streamer.send_str("x" * 300_000)  # more than the endpoint takes: it hangs up
            await until(lambda: told[-1:] == ["lost"])
        async with http.ws_connect(endpoint.url) as streamer:
            await streamer.send_json({"type": "endpointId", "id": "x"})
            await until(lambda: told[-1:] == ["ready"])
            endpoint.shut()
            await streamer.receive()
            await asyncio.sleep(0.05)
    assert told == ["ready", "lost"] * 3 + ["ready"]
    await endpoint.stop()


async def test_a_streamer_may_send_anything_and_stays() -> None:
    heard: list[dict[str, Any]] = []
    port = free_port()
    endpoint = StreamerEndpoint(port, [], lambda: None, heard.append, lambda: None)
    await endpoint.listen()
    endpoint.open()
    async with ClientSession() as http, http.ws_connect(endpoint.url) as streamer:
        for text in HOSTILE.values():
            if len(text) < 256 * 1024:
                await streamer.send_bytes(text.encode("utf-8", "surrogatepass"))
        await streamer.send_json({"type": "offer", "sdp": "x"})
        await until(lambda: heard)
        await streamer.send_str(json.dumps({"type": "ping", "time": 1}))
        kinds = [(await streamer.receive_json())["type"] for _ in range(3)]
    assert heard == [{"type": "offer", "sdp": "x"}]
    assert kinds == ["config", "identify", "pong"]
    await endpoint.stop()
