"""One instance as a real machine: metadata service, agent process, folder, and an end that leaves nothing."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from greenroom_cli.toolchain.paths import ROOT

from greenroom_lab.ec2.instance_faults import FaultKind
from greenroom_lab.ec2.instance_metadata import CredentialSource, InstanceFacts, InstanceMetadata
from greenroom_lab.processes import Child, freeze_instance, kill_instance, start_child, stop_child, thaw_instance

log = logging.getLogger(__name__)

AGENT = (sys.executable, "-m", "greenroom_agent")
PORTS_EACH = 200
STREAMER_PORTS = 50
INHERITED = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH")
HEARTBEAT_FILE = "last-heartbeat"
NOT_HERE = ("GREENROOM_APPLICATION_USER",)
"""This computer has no account for the streamed application."""
SHUTDOWN_S = 3.0
"""How long a machine that EC2 ends may take to shut its programs down (real machines get about two minutes)."""


@dataclass(frozen=True, slots=True)
class InstancePlace:
    """Where a machine lives on this computer. Ports are its own: machines share one network here."""

    folder: Path
    log: Path
    first_port: int
    """Of PORTS_EACH: streamer endpoints first, media after them."""
    command: tuple[str, ...] = AGENT


class HostedInstance:
    """Booted once, ended once (a start is another boot on the same folder). `environment` is what user data wrote."""

    def __init__(
        self, facts: InstanceFacts, credentials: CredentialSource, environment: Mapping[str, str], place: InstancePlace
    ) -> None:
        self.metadata = InstanceMetadata(facts, credentials)
        self._environment = environment
        self.place = place
        self._agent: Child | None = None
        self.frozen = False
        self.fault: FaultKind | None = None

    @property
    def agent_pid(self) -> int | None:
        """The agent's process id while it runs."""
        return self._agent.pid if self._agent and self._agent.runs else None

    @property
    def has_registered(self) -> bool:
        """The agent touches this file when it has registered and at each accepted heartbeat."""
        return (self.place.folder / HEARTBEAT_FILE).exists()

    async def boot(self) -> None:
        self.place.folder.mkdir(parents=True, exist_ok=True)
        (self.place.folder / HEARTBEAT_FILE).unlink(missing_ok=True)  # of an earlier boot
        await self.metadata.start()
        self._agent = await start_child(
            self.place.command, self._agent_environment(), self.place.folder, self.place.log
        )

    async def start_second_agent(self) -> None:
        """A fault: another agent on this computer, with a folder and ports of its own. It ends with the machine."""
        folder, first = self.place.folder / "second", self.place.first_port
        folder.mkdir(parents=True, exist_ok=True)
        own = {
            "GREENROOM_WORK_DIR": str(folder / "work"),
            "GREENROOM_HEARTBEAT_FILE": str(folder / HEARTBEAT_FILE),
            "GREENROOM_STREAMER_PORT_FIRST": str(first + STREAMER_PORTS // 2),
            "GREENROOM_MEDIA_PORT_FIRST": str(first + (STREAMER_PORTS + PORTS_EACH) // 2),
        }
        await start_child(self.place.command, {**self._agent_environment(), **own}, folder, self.place.log)

    async def end(self, grace_s: float = SHUTDOWN_S, keeps_disk: bool = False) -> None:
        """EC2 ends or stops the machine: its programs are asked, then the plug is pulled."""
        if self._agent:
            await stop_child(self._agent, grace_s if not self.frozen else 0)
        await self.metadata.stop()
        if not keeps_disk:
            await asyncio.to_thread(shutil.rmtree, self.place.folder, True)

    async def kill_agent(self) -> None:
        """The agent crashes hard; its applications end with it, as systemd ends a service's control group."""
        if self._agent:
            await kill_instance(self._agent)

    def freeze(self, frozen: bool) -> None:
        """The machine hangs (or comes back): for EC2 it runs, for everyone else it is silent."""
        self.frozen = frozen
        if self._agent:
            (freeze_instance if frozen else thaw_instance)(self._agent)

    def _agent_environment(self) -> dict[str, str]:
        """What the machine's systemd unit would give, and where this computer differs from a machine in EC2."""
        place = self.place
        inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
        given = {name: value for name, value in self._environment.items() if name not in NOT_HERE}
        return {
            **inherited,
            **given,
            "PYTHONPATH": str(ROOT / "agent"),
            "PYTHONUNBUFFERED": "1",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": self.metadata.url,
            "GREENROOM_WORK_DIR": str(place.folder / "work"),
            "GREENROOM_HEARTBEAT_FILE": str(place.folder / HEARTBEAT_FILE),
            "GREENROOM_STREAMER_PORT_FIRST": str(place.first_port),
            "GREENROOM_MEDIA_PORT_FIRST": str(place.first_port + STREAMER_PORTS),
            "GREENROOM_MEDIA_PORT_LAST": str(place.first_port + PORTS_EACH - 1),
            "GREENROOM_LOOPBACK_MEDIA": "1",
        }
