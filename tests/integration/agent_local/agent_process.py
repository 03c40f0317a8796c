"""A real agent process for a test."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from .fake_control_plane import FakeControlPlane

AGENT_FOLDER = Path(__file__).parents[3] / "agent"


def agent_environment(relay: FakeControlPlane, folder: Path, streamer_port: int) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(AGENT_FOLDER),
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": relay.url,
        "AWS_CONFIG_FILE": str(folder / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "none"),
        "GREENROOM_API_URL": relay.url,
        "GREENROOM_WORK_DIR": str(folder / "work"),
        "GREENROOM_HEARTBEAT_FILE": str(folder / "heartbeat"),
        "GREENROOM_STREAMER_PORT_FIRST": str(streamer_port),
        "GREENROOM_MEDIA_PORT_FIRST": "4760",
        "GREENROOM_MEDIA_PORT_LAST": "4779",
        "GREENROOM_LOOPBACK_MEDIA": "1",
    }


@asynccontextmanager
async def running_agent(
    relay: FakeControlPlane, folder: Path, streamer_port: int
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Starts the control plane and the agent; ends both."""
    await relay.start()
    try:
        async with another_agent(relay, folder, streamer_port) as agent:
            yield agent
    finally:
        await relay.stop()


@asynccontextmanager
async def another_agent(
    relay: FakeControlPlane, folder: Path, streamer_port: int
) -> AsyncIterator[asyncio.subprocess.Process]:
    """An agent of a control plane that runs already. Its log is in folder/agent.log."""
    with open(folder / "agent.log", "wb") as log:
        agent = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "greenroom_agent",
            env=agent_environment(relay, folder, streamer_port),
            stderr=log,
        )
    try:
        yield agent
    finally:
        if agent.returncode is None:
            agent.send_signal(signal.SIGTERM)
            await asyncio.wait_for(agent.wait(), 10)
        print((folder / "agent.log").read_text())


def application_pids(streamer_port: int) -> list[int]:
    """The processes whose command names this streamer endpoint."""
    wanted = f"ws://127.0.0.1:{streamer_port}".encode()
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if wanted in words:
                found.append(int(folder.name))
    return found
