"""Turns the embedded EC2's instances into machines: boots what runs, ends what EC2 ended. EC2 stays the truth.

A machine whose agent dies keeps running for EC2, as in reality: only heartbeats can tell. A stopped instance is a
machine switched off: its folder stays, as a disk does, and it boots sooner the next time.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from greenroom_lab.ec2.ec2_cloud import SeenInstance, Sighting
from greenroom_lab.ec2.hosted_instance import AGENT, PORTS_EACH, HostedInstance, InstancePlace
from greenroom_lab.ec2.instance_faults import FaultKind, Faults
from greenroom_lab.ec2.instance_metadata import CredentialSource, RoleCredentials
from greenroom_lab.ec2.spot_fate import SpotFate
from greenroom_lab.ec2.user_data import agent_environment
from greenroom_lab.port_blocks import PortBlocks

log = logging.getLogger(__name__)

PAUSE_AFTER_ERROR_S = 1.0
ALIVE = ("pending", "running")
SWITCHED_OFF = ("stopping", "stopped")
REGISTERS_WITHIN_S = 120.0
"""A fault that waits for the registration gives up then."""


class Cloud(Protocol):
    """What the host asks of EC2; all calls block."""

    def look(self, after: int) -> Sighting:
        """The stack's instances, ended ones included while EC2 shows them; waits a while for a change past `after`."""

    def role_credentials(self, instance_id: str) -> RoleCredentials:
        """The instance role's, with the instance id as the session's name, as EC2 vends them."""

    def send_event(self, detail_type: str, detail: Mapping[str, Any], instance_arn: str) -> None:
        """Put an event of EC2's own on the default bus."""

    def end(self, instance_id: str) -> None:
        """Take the instance away: shutting down, then terminated."""


@dataclass(frozen=True, slots=True)
class HostSettings:
    """`boot_delay_s` stands for the minutes of a first boot, `start_delay_s` for the minute of a later one."""

    folder: Path
    logs: Path
    boot_delay_s: float
    start_delay_s: float = 1.0
    first_port: int = 20_000
    """Below the ports that the kernel gives to clients, so that no connection sits where an application must listen."""
    command: tuple[str, ...] = AGENT


class NoSuchInstance(Exception):
    """No machine of this id is booted here."""


class Ec2Host:
    """Watches until stopped."""

    def __init__(self, cloud: Cloud, settings: HostSettings) -> None:
        self._cloud = cloud
        self._settings = settings
        self._fate = SpotFate(cloud)
        self._boots: dict[str, asyncio.Task[None]] = {}
        self._background: set[asyncio.Task[None]] = set()
        self._watch: asyncio.Task[None] | None = None
        self._revision = -1
        self._ports = PortBlocks(settings.first_port, PORTS_EACH)
        self._ends: dict[str, asyncio.Task[None]] = {}
        self._disks: set[str] = set()
        self.hosted: dict[str, HostedInstance] = {}
        self.faults = Faults()

    async def start(self) -> None:
        self._watch = asyncio.create_task(self._watch_forever())

    async def stop(self) -> None:
        """Ends every machine at once, without telling EC2: the lab itself goes away."""
        tasks = [*([self._watch] if self._watch else []), *self._boots.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(hosted.end(1.0) for hosted in self.hosted.values()), return_exceptions=True)
        await asyncio.wait(self._background, timeout=5) if self._background else None
        self.hosted.clear()
        self._ports.give_back_all()

    async def kill_agent(self, instance_id: str) -> None:
        """Raises: NoSuchInstance."""
        await self._hosted(instance_id).kill_agent()

    def freeze(self, instance_id: str, frozen: bool) -> None:
        """Raises: NoSuchInstance."""
        self._hosted(instance_id).freeze(frozen)

    async def interrupt(self, instance_id: str, notice_s: float) -> None:
        """EC2 takes a Spot instance back: warning on the bus and in the metadata, the end `notice_s` later.

        Without notice the plug is pulled and the state-change event is all there is. Raises: NoSuchInstance.
        """
        hosted = self._hosted(instance_id)
        if notice_s > 0:
            await self._fate.warn(hosted, notice_s)
        self._spawn(self._fate.take_back(hosted, notice_s))

    async def recommend_rebalance(self, instance_id: str) -> None:
        """Raises: NoSuchInstance."""
        await self._fate.recommend_rebalance(self._hosted(instance_id))

    async def look(self) -> None:
        """One comparison of EC2's list with the machines here."""
        sighting = await asyncio.to_thread(self._cloud.look, self._revision)
        self._revision = sighting.revision
        for instance_id, instance in sighting.instances.items():
            if instance.state == "running" and instance_id not in self._boots:
                self._boots[instance_id] = asyncio.create_task(self._boot(instance))
        for instance_id in {*self._boots, *self._disks}:
            seen = sighting.instances.get(instance_id)
            if seen is None or seen.state not in ALIVE:
                self._gone(instance_id, keeps_disk=seen is not None and seen.state in SWITCHED_OFF)

    def _gone(self, instance_id: str, keeps_disk: bool) -> None:
        """EC2 no longer runs the instance: its machine ends, and unless it may start again its disk goes."""
        if boot := self._boots.pop(instance_id, None):
            ending = self._spawn(self._end(instance_id, boot, keeps_disk))
            if keeps_disk:
                self._ends[instance_id] = ending
        if keeps_disk:
            self._disks.add(instance_id)
        elif instance_id in self._disks:
            self._disks.discard(instance_id)
            if boot is None:
                shutil.rmtree(self._settings.folder / instance_id, ignore_errors=True)

    async def _watch_forever(self) -> None:
        """A failed look is logged and repeated: the embedded AWS may be busy or restarting."""
        while True:
            try:
                await self.look()
            except OSError as error:
                log.warning("looking at EC2 failed: %s", error)
                await asyncio.sleep(PAUSE_AFTER_ERROR_S)

    async def _boot(self, instance: SeenInstance) -> None:
        facts = instance.facts
        if earlier := self._ends.pop(facts.instance_id, None):
            await asyncio.gather(earlier, return_exceptions=True)
        is_start = facts.instance_id in self._disks
        await asyncio.sleep(self._settings.start_delay_s if is_start else self._settings.boot_delay_s)
        hosted = self._hosted_of(instance)
        self.hosted[facts.instance_id] = hosted
        hosted.fault = self.faults.strike(facts)
        if hosted.fault is FaultKind.NEVER_BOOTS:
            return
        await hosted.boot()
        log.info("%s booted (%s, %s, %s)", facts.instance_id, facts.instance_type, facts.zone, facts.market)
        if hosted.fault is not None:
            await self._misbehave(hosted, hosted.fault)

    def _hosted_of(self, instance: SeenInstance) -> HostedInstance:
        facts = instance.facts
        place = InstancePlace(
            folder=self._settings.folder / facts.instance_id,
            log=self._settings.logs / f"agent-{facts.instance_id}.log",
            first_port=self._ports.take(),
            command=self._settings.command,
        )
        credentials = self._credential_source(facts.instance_id)
        return HostedInstance(facts, credentials, agent_environment(instance.user_data), place)

    async def _misbehave(self, hosted: HostedInstance, fault: FaultKind) -> None:
        async with asyncio.timeout(REGISTERS_WITHIN_S):
            while not hosted.has_registered:
                await asyncio.sleep(0.05)
        if fault is FaultKind.HANGS:
            hosted.freeze(True)
        else:
            await hosted.start_second_agent()

    async def _end(self, instance_id: str, boot: asyncio.Task[None], keeps_disk: bool) -> None:
        boot.cancel()
        await asyncio.gather(boot, return_exceptions=True)
        hosted = self.hosted.pop(instance_id, None)
        if hosted:
            await hosted.end(keeps_disk=keeps_disk)
            self._ports.give_back(hosted.place.first_port)
            log.info("%s %s", instance_id, "switched off" if keeps_disk else "ended")

    def _spawn(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task

    def _hosted(self, instance_id: str) -> HostedInstance:
        try:
            return self.hosted[instance_id]
        except KeyError:
            raise NoSuchInstance(f"no machine {instance_id} is booted here") from None

    def _credential_source(self, instance_id: str) -> CredentialSource:
        async def credentials() -> RoleCredentials:
            return await asyncio.to_thread(self._cloud.role_credentials, instance_id)

        return credentials
