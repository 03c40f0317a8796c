"""Builds one slot from its parts: rules, process, streamer endpoint, reports."""

import asyncio
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from greenroom_agent.backoff import full_jitter_s
from greenroom_agent.channel.viewer_socket import ViewerSocket
from greenroom_agent.control_plane.api_messages import RegisteredSlot, Registration
from greenroom_agent.control_plane.control_plane import ControlPlane
from greenroom_agent.media_ports import ports_of_slot
from greenroom_agent.runner.application_command import SlotPlace, application_command, application_environment
from greenroom_agent.runner.application_process import ProcessLaunch
from greenroom_agent.runner.slot_supervisor import Pauses, SlotSupervisor
from greenroom_agent.runner.work_folder import slot_folder, slot_log
from greenroom_agent.settings import Settings
from greenroom_agent.slot.occupancy import Occupancy
from greenroom_agent.slot.slot import Slot
from greenroom_agent.slot.slot_reports import SlotReports
from greenroom_agent.slot.streamer_endpoint import StreamerEndpoint

log = logging.getLogger(__name__)

LAST_PAUSE_S = 30.0


@dataclass(frozen=True, slots=True)
class AssembledSlot:
    """A slot with the parts that it works with, ready to run. `luck` returns random numbers in [0, 1)."""

    slot: Slot
    endpoint: StreamerEndpoint
    supervisor: SlotSupervisor
    reports: SlotReports

    luck: Callable[[], float]

    async def run(self) -> None:
        """Runs the slot until cancelled, then removes its files. Tries again after a failure, such as a port in use."""
        attempt = 0
        while True:
            try:
                await self._run_once()
            except Exception as error:  # this slot is out of service; the other slots are not affected
                log.exception("slot=%s failed", self.slot.occupancy.slot_id)
                self.slot.application_exited(f"an error in the agent: {_first(error)!r}")
            await asyncio.sleep(full_jitter_s(attempt, 0.5, LAST_PAUSE_S, self.luck()))
            attempt += 1

    async def _run_once(self) -> None:
        try:
            await self.endpoint.listen()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.supervisor.run())
                tasks.create_task(self.reports.run())
        finally:
            self.slot.close()
            await self.endpoint.stop()


def _first(error: Exception) -> BaseException:
    """Returns the first exception in an exception group, or `error` itself if it is not a group."""
    return _first(error.exceptions[0]) if isinstance(error, ExceptionGroup) else error


def assemble_slot(
    registered: RegisteredSlot,
    registration: Registration,
    settings: Settings,
    control_plane: ControlPlane,
    socket: ViewerSocket,
    public_ip: str | None,
    luck: Callable[[], float],
) -> AssembledSlot:
    """Builds the parts of one slot and connects them with each other. Nothing runs yet."""
    slot = Slot(Occupancy(registered.slot_id, registered.epoch), socket, public_ip)
    port = settings.streamer_port_first + registered.number - 1
    hears = slot.application_ready, slot.hear_streamer, slot.streamer_lost
    endpoint = StreamerEndpoint(port, registration.ice_servers, *hears)
    launch = _launch(registered.number, registration, settings, endpoint.url)
    pauses = Pauses(start_s=registration.application.start_timeout_s)
    supervisor = SlotSupervisor(launch, endpoint, slot.application_started, slot.application_exited, luck, pauses)
    reports = SlotReports(registered.slot_id, control_plane, slot.is_outdated, slot.observe, luck)
    slot.bind(endpoint, supervisor, reports.add)
    return AssembledSlot(slot, endpoint, supervisor, reports, luck)


def _launch(number: int, registration: Registration, settings: Settings, streamer_url: str) -> ProcessLaunch:
    application = registration.application
    ports = ports_of_slot(settings.media_ports, len(registration.slots), number)
    mark = f"{registration.instance_id}.{number}.{secrets.token_hex(8)}"
    place = SlotPlace(number, streamer_url, ports, slot_folder(settings.work_dir, number), mark)
    is_loopback = settings.is_loopback_media
    return ProcessLaunch(
        command=application_command(application.kind, application.command, place, is_loopback=is_loopback),
        environment=application_environment(application.kind, settings.environment, place),
        work_dir=place.work_dir,
        log_file=slot_log(settings.work_dir, number),
        mark=mark,
        user=settings.application_user,
    )
