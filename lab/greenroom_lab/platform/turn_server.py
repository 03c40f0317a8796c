"""Debian's coturn on loopback: what an operator's TURN server does, beside the platform on this computer."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

from greenroom_lab.port_blocks import PortBlocks
from greenroom_lab.processes import Child, start_child, stop_child

COTURN = shutil.which("turnserver")
"""None: not on this computer (`make turn` installs it where it may)."""
READY_S = 10
FIRST_PORT = 12_000
"""Below the ports of machines, and below those that the kernel gives to clients."""
PORTS_EACH = 100
"""The listener first, relayed media after it."""
_CONFIGURATION = """\
listening-ip=127.0.0.1
listening-port={port}
relay-ip=127.0.0.1
min-port={first}
max-port={last}
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


class TurnServerFailed(Exception):
    """coturn is not here, or did not come up; the message says what to do, or has its own words."""


class TurnServer:
    """Start it, stop it. Its address is known before it runs: a stack is deployed with it, and makes the secret."""

    def __init__(self, folder: Path, log: Path) -> None:
        """Raises: TurnServerFailed where coturn is not installed."""
        if COTURN is None:
            raise TurnServerFailed("there is no coturn on this computer: `make turn` installs it where it may")
        self._folder, self.log = folder, log
        self._ports = PortBlocks(FIRST_PORT, PORTS_EACH)
        self._child: Child | None = None
        self.port = self._ports.take()

    @property
    def url(self) -> str:
        return f"turn:127.0.0.1:{self.port}?transport=udp"

    async def start(self, secret: str) -> None:
        """Returns when it listens; gone with us at the latest. Raises: TurnServerFailed."""
        assert COTURN is not None
        self._folder.mkdir(parents=True, exist_ok=True)
        self.log.unlink(missing_ok=True)  # of an earlier run
        configuration = self._folder / "coturn.conf"
        configuration.touch(mode=0o600)  # the secret is in no command line
        configuration.write_text(
            _CONFIGURATION.format(
                port=self.port,
                first=self.port + 1,
                last=self.port + PORTS_EACH - 1,
                secret=secret,
                folder=self._folder,
            )
        )
        command = [COTURN, "-c", str(configuration)]
        self._child = await start_child(command, dict(os.environ), self._folder, self.log)
        await self._until_listening(self._child)

    async def stop(self) -> None:
        """Harmless twice."""
        if self._child:
            await stop_child(self._child, grace_s=2)
        self._ports.give_back(self.port)

    async def _until_listening(self, child: Child) -> None:
        try:
            async with asyncio.timeout(READY_S):
                while child.runs:
                    try:
                        _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                        writer.close()
                        return
                    except OSError:
                        await asyncio.sleep(0.05)
        except TimeoutError:
            pass
        raise TurnServerFailed(f"coturn did not come up: {self.log.read_text()[-1000:]}")
