"""`make run`: everything on this computer, until Ctrl-C.

python -m greenroom_lab.platform.run [--port 8080] [--aws-port 4566] [--boot-delay 3] [--turn]
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
import time
from pathlib import Path

from greenroom_cli.deployment.page_build import PageFailed
from greenroom_cli.deployment.sam import SamFailed
from greenroom_viewer.api import UnexpectedAnswer

from greenroom_lab.engine.process import EngineFailed
from greenroom_lab.local_file import LOCAL_FILE, LocalPlatform
from greenroom_lab.platform.platform import Platform, PlatformSettings
from greenroom_lab.platform.turn_server import TurnServerFailed
from greenroom_lab.platform.web_origin import PortTaken

EXPECTED_FAILURES = (EngineFailed, PageFailed, PortTaken, SamFailed, TurnServerFailed, UnexpectedAnswer)


def main(arguments: list[str]) -> int:
    """0 after Ctrl-C, 1 when it could not start; nothing runs any more either way."""
    logging.basicConfig(level=logging.WARNING, format="greenroom: %(message)s")
    options = _parse(arguments)
    settings = PlatformSettings(
        web_port=options.port, aws_port=options.aws_port, boot_delay_s=options.boot_delay, turn=options.turn
    )
    return asyncio.run(run(settings, options.local_file))


async def run(settings: PlatformSettings, local_file: Path) -> int:
    """Until a signal comes."""
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"[{time.monotonic() - began:5.1f} s] {text}", flush=True)

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None
    platform = Platform(settings, say)

    def on_signal() -> None:
        """The second signal changes nothing: the end is under way."""
        if not stop.is_set():
            stop.set()
            say("stopping ...")
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, on_signal)
    try:
        local = await platform.start()
        local.write(local_file)
        say("ready")
        print(_welcome(local), flush=True)
        await asyncio.Event().wait()
    except EXPECTED_FAILURES as error:
        print(f"greenroom: {error}", file=sys.stderr)
        return 1
    except asyncio.CancelledError:
        return 0 if stop.is_set() else 1
    finally:
        if platform.is_up:  # else the file is not ours
            local_file.unlink(missing_ok=True)
        await platform.stop()
        say("stopped")
    return 0


def _welcome(local: LocalPlatform) -> str:
    return f"""
  Greenroom       {local.web_url}
  sign in as      {local.demo_user}   {local.demo_password}
  operator        {local.operator_user}   {local.operator_password}   (the desk: {local.web_url}/desk)
  embedded AWS    {local.aws_endpoint_url}   (logs in .greenroom/logs)
  TURN server     {local.turn_url or "none (GREENROOM_TURN=1 make run has one)"}

  Ctrl-C stops everything.
"""


def _parse(arguments: list[str]) -> argparse.Namespace:
    defaults = PlatformSettings()
    parser = argparse.ArgumentParser(prog="make run", description="Greenroom on this computer, until Ctrl-C")

    def number(name: str, default: float) -> float:
        return float(os.environ.get(name) or default)

    parser.add_argument(
        "--port", type=int, default=int(number("GREENROOM_PORT", defaults.web_port)), help="of the page"
    )
    parser.add_argument("--aws-port", type=int, default=int(number("GREENROOM_AWS_PORT", defaults.aws_port)))
    parser.add_argument(
        "--boot-delay",
        type=float,
        default=number("GREENROOM_BOOT_DELAY", defaults.boot_delay_s),
        metavar="SECONDS",
        help="how long a machine boots",
    )
    has_turn = os.environ.get("GREENROOM_TURN", "") not in ("", "0")
    parser.add_argument("--turn", action="store_true", default=has_turn, help="with Debian's coturn as TURN server")
    parser.add_argument("--local-file", type=Path, default=LOCAL_FILE, help="where the endpoints are written")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
