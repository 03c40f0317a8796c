"""`make smoke`: one headless viewer from click to first frame and back, with a timeline. Exit 0 when all of it worked.

    python -m greenroom_lab.platform.smoke [--launches 10] [--application demo] [--no-video] [--json]

Uses the platform that runs here, or brings one up and takes it down again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field

from aiohttp import ClientError, ClientSession
from greenroom_viewer.api import Api
from greenroom_viewer.sign_in import SignInRefused
from greenroom_viewer.viewer import Viewer, launch
from greenroom_viewer.viewer_socket import SocketClosed

from greenroom_lab.local_file import LocalPlatform, NoLocalPlatform, read_local_platform
from greenroom_lab.local_viewer import tokens_of, viewer
from greenroom_lab.platform.platform import Platform, PlatformSettings
from greenroom_lab.platform.run import EXPECTED_FAILURES

READY_WAIT_S = 180.0
FREE_WAIT_S = 30.0
POLL_S = 0.2
KEY = 65  # "A"


class SmokeFailed(Exception):
    """A phase was not reached; the message says which."""


@dataclass(slots=True)
class MeasuredLaunch:
    """One launch: milliseconds per phase, and what came after."""

    phases_ms: dict[str, float] = field(default_factory=dict)
    since_click_ms: float = 0.0
    left_to_ended_ms: float = 0.0
    left_to_free_ms: float = 0.0
    status_reason: str = ""


def main(arguments: list[str]) -> int:
    options = _parse(arguments)
    logging.basicConfig(level=logging.WARNING, format="greenroom: %(message)s")
    try:
        return asyncio.run(_smoke(options))
    except (*EXPECTED_FAILURES, SmokeFailed, SignInRefused, SocketClosed, ClientError, TimeoutError) as error:
        print(f"greenroom: smoke failed: {type(error).__name__}: {error}", file=sys.stderr)
        return 1


async def _smoke(options: argparse.Namespace) -> int:
    async with _platform() as local:
        operator = await _operator(local)
        await until_free(local, operator, options.application, 1, READY_WAIT_S)
        launches = []
        for number in range(options.launches):
            launched = await one_launch(local, operator, options.application, video=options.video)
            launches.append(launched)
            if not options.json:
                print(_table(number + 1, launched), flush=True)
        print(_summary(launches, as_json=options.json))
    return 0


async def one_launch(local: LocalPlatform, operator: str, application_id: str, *, video: bool) -> MeasuredLaunch:
    """Sign in, Play, see a frame, press a key, leave, and wait for the slot. Raises: SmokeFailed and what it meets."""
    async with viewer(local, local.demo_user, local.demo_password) as who:
        free_before = await until_free(local, operator, application_id, 1, FREE_WAIT_S)
        who.timeline.mark("token")
        await launch(who, application_id)
        if video:
            media = await who.watch()
            await media.press(KEY)
        await who.until_connected()
        who.timeline.mark("connected")
        launched = MeasuredLaunch(who.timeline.durations_ms(), since_click_ms=_since_click_ms(who, video))
        await _leave(who, launched, local, operator, application_id, free_before)
    return launched


async def _leave(
    who: Viewer, launched: MeasuredLaunch, local: LocalPlatform, operator: str, application_id: str, free_before: int
) -> None:
    left_at = time.perf_counter()
    await who.leave()
    ended = await who.until("Ended", "Failed", timeout_s=FREE_WAIT_S)
    launched.left_to_ended_ms = (time.perf_counter() - left_at) * 1000
    launched.status_reason = str(ended["statusReason"])
    if launched.status_reason != "userLeft":
        raise SmokeFailed(f"the session ended as {ended['state']}, {launched.status_reason}")
    await until_free(local, operator, application_id, free_before, FREE_WAIT_S)
    launched.left_to_free_ms = (time.perf_counter() - left_at) * 1000


async def until_free(local: LocalPlatform, token: str, pool_id: str, wanted: int, timeout_s: float) -> int:
    """How many slots of the pool are free, once there are enough. Raises: SmokeFailed."""
    ends = time.monotonic() + timeout_s
    async with ClientSession() as http:
        api = Api(http, local.api_url, token)
        while True:
            pool = await api.must("GET", f"/pools/{pool_id}")
            free = int(pool["slots"].get("free", 0))
            if free >= wanted:
                return free
            if time.monotonic() > ends:
                raise SmokeFailed(f"pool {pool_id} had {free} free slots after {timeout_s:.0f} s: {pool}")
            await asyncio.sleep(POLL_S)


def _since_click_ms(who: Viewer, video: bool) -> float:
    return who.timeline.between_ms("token", "first frame" if video else "connected")


async def _operator(local: LocalPlatform) -> str:
    return (await tokens_of(local, local.operator_user, local.operator_password)).access_token


@asynccontextmanager
async def _platform() -> AsyncIterator[LocalPlatform]:
    try:
        yield read_local_platform()
        return
    except NoLocalPlatform:
        pass
    platform = Platform(PlatformSettings(web_port=0, aws_port=0), lambda text: print(f"  {text}", file=sys.stderr))
    try:
        yield await platform.start()
    finally:
        await platform.stop()


def _table(number: int, launched: MeasuredLaunch) -> str:
    rows = {**launched.phases_ms, "click to picture": launched.since_click_ms}
    rows |= {"left to ended": launched.left_to_ended_ms, "left to free": launched.left_to_free_ms}
    lines = [f"  {name:<18}{value:8.0f} ms" for name, value in rows.items()]
    return "\n".join([f"launch {number}", *lines])


def _summary(launches: list[MeasuredLaunch], *, as_json: bool) -> str:
    median = statistics.median(launched.since_click_ms for launched in launches)
    freed = statistics.median(launched.left_to_free_ms for launched in launches)
    if as_json:
        return json.dumps(
            {"median_ms": median, "median_left_to_free_ms": freed, "launches": [asdict(it) for it in launches]}
        )
    return f"{len(launches)} launches: click to picture {median:.0f} ms, leave to free slot {freed:.0f} ms (medians)"


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make smoke", description="One headless viewer, from click to first frame")
    parser.add_argument("--launches", type=int, default=1)
    parser.add_argument("--application", default="demo")
    parser.add_argument("--no-video", dest="video", action="store_false", help="for the null application")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
