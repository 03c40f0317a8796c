"""The agent: registers the instance, runs its slots (places for one session each), and ends on cancellation.

It also ends when a newer agent has registered for the same instance.
"""

import asyncio
import logging
import random
import secrets
import time
from collections.abc import Coroutine, Mapping
from typing import Any

import aiohttp

from greenroom_agent.backoff import full_jitter_s
from greenroom_agent.channel.viewer_socket import ViewerSocket
from greenroom_agent.control_plane.api_messages import (
    HeartbeatAnswer,
    MalformedAnswer,
    Registration,
    SlotTruth,
    parse_join,
    parse_slot_truth,
    parse_welcome,
)
from greenroom_agent.control_plane.control_plane import ControlPlane, Refused, Unavailable
from greenroom_agent.control_plane.heartbeat import Heartbeat
from greenroom_agent.control_plane.lease import Lease
from greenroom_agent.control_plane.request_signing import RequestSigner
from greenroom_agent.instance.dead_man import booted_at, count_from_boot, touch
from greenroom_agent.instance.instance_metadata import METADATA_FAULTS, Addresses, InstanceMetadata
from greenroom_agent.instance.notice import watch_notices
from greenroom_agent.runner.work_folder import remove_leftovers
from greenroom_agent.settings import Settings
from greenroom_agent.slot.slot import Slot
from greenroom_agent.slot.slot_assembly import AssembledSlot, assemble_slot

log = logging.getLogger(__name__)


class Agent:
    """One run of the agent on one instance.

    Each run draws a boot nonce (a random text), by which the control plane tells this run from earlier and later runs.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._slots: dict[str, Slot] = {}
        self._lease = Lease(0, float("-inf"))

    async def run(self) -> None:
        """Registers the instance and serves viewers until cancelled. Then removes the viewers' processes and files.

        Raises: Outdated when a newer agent runs on this instance (perhaps inside an ExceptionGroup); OSError when files
        of an earlier run cannot be removed.
        """
        count_from_boot(self._settings.heartbeat_file, booted_at())
        remove_leftovers(self._settings.work_dir)
        async with aiohttp.ClientSession() as http:
            metadata = InstanceMetadata(http, self._settings.metadata_endpoint, time.monotonic)
            signer = RequestSigner(self._settings.region)
            nonce = secrets.token_hex(16)
            control_plane = ControlPlane(http, signer, self._settings.api_url, nonce, random.random)
            addresses = await metadata.addresses()
            sent_at_s = time.monotonic()
            registration = await self._register(control_plane, addresses)
            self._lease = Lease(registration.lease_s, sent_at_s)
            touch(self._settings.heartbeat_file)
            socket = ViewerSocket(http, control_plane, self._hear_socket, random.random)
            slots = self._assemble(registration, control_plane, socket, addresses.public_ip)
            await _run_all(
                [
                    *(slot.run() for slot in slots),
                    *self._beating(control_plane, registration, metadata),
                    socket.run(),
                ]
            )

    async def _register(self, control_plane: ControlPlane, addresses: Addresses) -> Registration:
        # The instance may boot before the control plane has recorded its launch, so a refusal may be temporary.
        # If it is not, the dead-man timer ends the instance.
        attempt = 0
        while True:
            try:
                registration = await control_plane.register(self._settings.slot_count, addresses)
            except (Unavailable, Refused, MalformedAnswer) as error:
                log.warning("not registered yet: %s %s", type(error).__name__, error)
                await asyncio.sleep(full_jitter_s(attempt, 0.5, 10.0, random.random()))
                attempt += 1
            else:
                log.info("registered instance=%s slots=%d", registration.instance_id, len(registration.slots))
                return registration

    def _assemble(
        self, registration: Registration, control_plane: ControlPlane, socket: ViewerSocket, public_ip: str | None
    ) -> list[AssembledSlot]:
        assembled = [
            assemble_slot(slot, registration, self._settings, control_plane, socket, public_ip, random.random)
            for slot in registration.slots
        ]
        self._slots = {each.slot.occupancy.slot_id: each.slot for each in assembled}
        return assembled

    def _beating(
        self, control_plane: ControlPlane, registration: Registration, metadata: InstanceMetadata
    ) -> list[Coroutine[Any, Any, None]]:
        heartbeat = Heartbeat(
            control_plane,
            self._lease,
            registration.heartbeat_s,
            lambda: [slot.reading() for slot in self._slots.values()],
            time.monotonic,
            random.random,
            self._settings.heartbeat_file,
        )
        watching = watch_notices(metadata.notice, METADATA_FAULTS, heartbeat.notify)
        return [heartbeat.run(self._hear_heartbeat), heartbeat.watch_lease(self._fence), watching]

    def _fence(self) -> None:
        for slot in self._slots.values():
            slot.fence()

    def _hear_heartbeat(self, answer: HeartbeatAnswer) -> None:
        for truth in answer.slots:
            self._observe(truth)
        if not self._lease.is_expired(time.monotonic()):
            for slot in self._slots.values():
                slot.lift_fence()

    def _hear_socket(self, frame: Mapping[str, Any]) -> None:
        try:
            self._dispatch(frame)
        except MalformedAnswer as error:
            log.warning("viewer socket: dropped a frame: %s", error)

    def _dispatch(self, frame: Mapping[str, Any]) -> None:
        kind = frame.get("kind")
        if kind == "welcome":
            for truth in parse_welcome(frame):
                self._observe(truth)
            for slot in self._slots.values():
                slot.socket_opened()
        elif kind == "slot":
            self._observe(parse_slot_truth(frame))
        elif kind == "join":
            self._join(frame)
        elif kind in ("frame", "ack", "resend", "peerSocket"):
            self._hear_page(frame)
        else:
            log.warning("viewer socket: %r %r", str(kind)[:40], str(frame.get("reason", ""))[:200])

    def _observe(self, truth: SlotTruth) -> None:
        if truth.slot_id in self._slots:
            self._slots[truth.slot_id].observe(truth)

    def _join(self, frame: Mapping[str, Any]) -> None:
        join = parse_join(frame)
        if self._lease.is_expired(time.monotonic()):
            self._fence()  # after a suspend, messages may arrive before the timers fire
        if join.slot_id in self._slots:
            self._slots[join.slot_id].join(join)

    def _hear_page(self, frame: Mapping[str, Any]) -> None:
        for slot in self._slots.values():
            if slot.occupancy.session_id is not None and slot.occupancy.session_id == frame.get("sessionId"):
                if frame.get("kind") != "peerSocket":
                    slot.hear_page(frame)
                elif slot.occupancy.is_current(frame["sessionId"], frame.get("epoch"), frame.get("joinNumber")):
                    slot.page_socket(is_open=frame.get("open") is True)
                return
        log.info("viewer socket: dropped %s of a session that is not here", frame.get("kind"))


async def _run_all(steps: list[Coroutine[Any, Any, None]]) -> None:
    """Runs all coroutines until one of them fails or this call is cancelled, then ends the other coroutines."""
    async with asyncio.TaskGroup() as tasks:
        for step in steps:
            tasks.create_task(step)
