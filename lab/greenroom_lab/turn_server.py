"""Debian's coturn on loopback with a throw-away secret: what an operator's TURN server does, for tests and drills."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from greenroom_lab.processes import Child, start_child, stop_child

COTURN = shutil.which("turnserver")
"""None: not on this machine (`make turn` installs it where it may)."""
READY_S = 10
_CONFIGURATION = """\
listening-ip=127.0.0.1
listening-port={port}
relay-ip=127.0.0.1
min-port=42000
max-port=42199
realm=greenroom.lab
use-auth-secret
static-auth-secret={secret}
fingerprint
no-tls
no-dtls
no-cli
allow-loopback-peers
userdb={folder}/users
pidfile={folder}/pid
log-file=stdout
verbose
"""
"""As in production, but for loopback. Source: coturn 4.6, README.turnserver."""


@dataclass(frozen=True, slots=True)
class TurnServer:
    """A running coturn."""

    port: int
    secret: str
    log: Path

    @property
    def url(self) -> str:
        return f"turn:127.0.0.1:{self.port}?transport=udp"


class TurnServerFailed(Exception):
    """coturn did not come up; its own words follow."""


@asynccontextmanager
async def turn_server(secret: str | None = None) -> AsyncIterator[TurnServer]:
    """Up inside the block, gone after it, and gone with us. Raises: TurnServerFailed."""
    assert COTURN is not None
    with tempfile.TemporaryDirectory(prefix="greenroom-turn-") as name:
        folder = Path(name)
        server = TurnServer(free_port(), secret or secrets.token_hex(24), folder / "coturn.log")
        configuration = folder / "coturn.conf"
        configuration.touch(mode=0o600)  # the secret is in no command line
        configuration.write_text(_CONFIGURATION.format(port=server.port, secret=server.secret, folder=folder))
        child = await start_child([COTURN, "-c", str(configuration)], dict(os.environ), folder, server.log)
        try:
            await _until_listening(server, child)
            yield server
        finally:
            await stop_child(child, grace_s=2)


async def _until_listening(server: TurnServer, child: Child) -> None:
    try:
        async with asyncio.timeout(READY_S):
            while child.runs:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
                    writer.close()
                    return
                except OSError:
                    await asyncio.sleep(0.05)
    except TimeoutError:
        pass
    raise TurnServerFailed(server.log.read_text()[-1000:])


def free_port() -> int:
    """A port of loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
