"""One running platform for all tests that need one: started by the first that asks, stopped at the end."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from greenroom_lab.platform import Platform, PlatformSettings
from greenroom_lab.platform_thread import PlatformThread
from greenroom_lab.toolchain_paths import GENERATED
from greenroom_lab.trace_sink import TraceSink

from tests.integration.house import House


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    """The whole platform on free ports, with its own demo pool, a trace sink and quick boots."""
    began = time.monotonic()
    sink = TraceSink()

    def say(text: str) -> None:
        print(f"[{time.monotonic() - began:5.1f} s] {text}", file=sys.stderr, flush=True)

    logs: Path = GENERATED / "logs" / "tests"
    settings = PlatformSettings(web_port=0, aws_port=0, boot_delay_s=1.0, logs=logs, xray_sink=sink.address)
    thread = PlatformThread(Platform(settings, say))
    local = thread.start()
    house = House(thread, local, sink)
    yield house
    thread.stop()
    sink.close()
