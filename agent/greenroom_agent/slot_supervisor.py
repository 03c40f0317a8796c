"""Keeps one application process running in a slot."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from greenroom_agent.application_process import ApplicationProcess, Launch, start_process
from greenroom_agent.backoff import full_jitter_s
from greenroom_agent.first_done import first_done
from greenroom_agent.work_folder import empty_folder

log = logging.getLogger(__name__)

PROBE_S = 60.0
STEADY_S = 60.0  # a process that ran this long does not count as part of a crash loop


class Door(Protocol):
    """The part of the streamer door that the supervisor minds."""

    def open(self) -> None:
        """Let the fresh process in."""

    def shut(self) -> None:
        """Cut the old process off."""


@dataclass(frozen=True, slots=True)
class Pauses:
    """Seconds; tests make them short."""

    probe_s: float = PROBE_S
    first_crash_s: float = 0.5
    last_crash_s: float = 30.0


class _Wish(Enum):
    RUN = auto()
    RESTART = auto()
    STOP = auto()


class SlotSupervisor:
    """Starts the process in an empty folder, starts it again when it ends or never becomes ready, and obeys.

    `on_started` is called for each fresh process, `on_exited` with words when one ended by itself.
    """

    def __init__(
        self,
        launch: Launch,
        door: Door,
        on_started: Callable[[], None],
        on_exited: Callable[[str], None],
        luck: Callable[[], float],
        pauses: Pauses | None = None,
    ) -> None:
        self._launch = launch
        self._door = door
        self._on_started = on_started
        self._on_exited = on_exited
        self._luck = luck
        self._pauses = pauses or Pauses()
        self._wish = _Wish.RUN
        self._wish_changed = asyncio.Event()
        self._is_ready = asyncio.Event()
        self._crashes = 0
        self.process: ApplicationProcess | None = None

    def ready(self) -> None:
        """The streamer identified itself: the probe is passed."""
        self._is_ready.set()

    def restart(self) -> None:
        """Nothing of the last viewer may stay: a fresh process in an empty folder."""
        self._obey(_Wish.RESTART)

    def stop(self) -> None:
        """End the process and start none until `restart`."""
        self._obey(_Wish.STOP)

    async def run(self) -> None:
        """Works until cancelled; leaves neither process nor files behind."""
        try:
            while True:
                if self._wish is _Wish.STOP:
                    await self._wait_for_wish()
                    continue
                self._wish = _Wish.RUN
                self._wish_changed.clear()
                await self._run_once()
        finally:
            self._door.shut()
            await asyncio.shield(self._clear())

    async def _run_once(self) -> None:
        began = asyncio.get_running_loop().time()
        try:
            await self._start()
            detail = await self._watch()
        except OSError as error:
            detail = f"the application could not be started: {error.strerror}"
            log.exception("mark=%s start failed", self._launch.mark)
        self._door.shut()
        await self._clear()
        if self._wish is not _Wish.RUN:
            self._crashes = 0
            return
        log.warning("mark=%s exited: %s", self._launch.mark, detail)
        self._on_exited(detail)
        is_steady = asyncio.get_running_loop().time() - began > STEADY_S
        self._crashes = 1 if is_steady else self._crashes + 1
        pause_s = full_jitter_s(self._crashes - 1, self._pauses.first_crash_s, self._pauses.last_crash_s, self._luck())
        await first_done(self._wait_for_wish(), asyncio.sleep(pause_s))

    async def _start(self) -> None:
        await asyncio.to_thread(empty_folder, self._launch.work_dir, self._launch.user)
        self._is_ready.clear()
        self._on_started()
        self._door.open()
        self.process = await start_process(self._launch)
        log.info("mark=%s started pid=%d", self._launch.mark, self.process.pid)

    async def _watch(self) -> str:
        """Until the process ends, fails its probe or is unwanted; what happened in words."""
        process = self.process
        assert process is not None
        await first_done(process.wait(), self._wait_for_wish(), self._probe_failed())
        if process.exit_code is None:
            return "it did not identify itself in time"
        return f"exit code {process.exit_code}"

    async def _probe_failed(self) -> None:
        try:
            # Never wait_for: before Python 3.12 it swallows a cancellation that comes together with the event.
            async with asyncio.timeout(self._pauses.probe_s):
                await self._is_ready.wait()
        except TimeoutError:
            return
        await asyncio.Event().wait()

    async def _clear(self) -> None:
        process, self.process = self.process, None
        if process is not None:
            await process.end()
        await asyncio.to_thread(empty_folder, self._launch.work_dir, self._launch.user)

    async def _wait_for_wish(self) -> None:
        await self._wish_changed.wait()
        self._wish_changed.clear()

    def _obey(self, wish: _Wish) -> None:
        self._door.shut()
        self._wish = wish
        self._wish_changed.set()
