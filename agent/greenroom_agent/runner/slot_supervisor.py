"""Keeps one application process running in a slot."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Protocol

from greenroom_agent.backoff import full_jitter_s
from greenroom_agent.first_done import first_done
from greenroom_agent.runner.application_process import ApplicationProcess, Launch, start_process
from greenroom_agent.runner.work_folder import empty_folder

log = logging.getLogger(__name__)

START_S = 300.0
AWAY_S = 20.0
"""How long a streamer may stay away from its door while its process runs. Unreal tries again every 2 s."""
STEADY_S = 60.0  # a process that ran this long does not count as part of a crash loop


class Door(Protocol):
    """The part of the streamer door that the supervisor minds."""

    def open(self) -> None:
        """Let the fresh process in."""

    def shut(self) -> None:
        """Cut the old process off."""


@dataclass(frozen=True, slots=True)
class Pauses:
    """Seconds. `start_s`: how long a fresh process may take to identify itself; `away_s`: and later, to come back."""

    start_s: float = START_S
    away_s: float = AWAY_S
    first_crash_s: float = 0.5
    last_crash_s: float = 30.0


class _Wish(Enum):
    RUN = auto()
    RESTART = auto()
    STOP = auto()


class SlotSupervisor:
    """Starts the process in an empty folder, starts it again when it ends or never becomes ready, and obeys.

    `on_started` is called for each fresh process, `on_exited` with words when one ended by itself. Nothing is started
    in a folder that could not be emptied: that is tried again, for the slot stays out of service meanwhile.
    """

    def __init__(
        self,
        launch: Launch,
        door: Door,
        on_started: Callable[[], None],
        on_exited: Callable[[str], None],
        luck: Callable[[], float],
        pauses: Pauses | None = None,
        empty: Callable[[Path, str | None], None] = empty_folder,
    ) -> None:
        self._launch = launch
        self._door = door
        self._on_started = on_started
        self._on_exited = on_exited
        self._luck = luck
        self._pauses = pauses or Pauses()
        self._empty = empty
        self._wish = _Wish.RUN
        self._wish_changed = asyncio.Event()
        self._is_ready = asyncio.Event()
        self._is_lost = asyncio.Event()
        self._fault = ""
        self._has_failed = asyncio.Event()
        self._crashes = 0
        self.process: ApplicationProcess | None = None

    def ready(self) -> None:
        """The streamer identified itself: the probe is passed."""
        self._is_lost.clear()
        self._is_ready.set()

    def lost(self) -> None:
        """The streamer is not connected any more: it has a while to come back."""
        self._is_ready.clear()
        self._is_lost.set()

    def restart(self) -> None:
        """Nothing of the last viewer may stay: a fresh process in an empty folder."""
        self._obey(_Wish.RESTART)

    def stop(self) -> None:
        """End the process and start none until `restart`."""
        self._obey(_Wish.STOP)

    def fail(self, detail: str) -> None:
        """The process is no good any more, though it runs: it is ended, reported and replaced."""
        self._fault = detail
        self._has_failed.set()

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
            await asyncio.shield(self._is_cleared())

    async def _run_once(self) -> None:
        began = asyncio.get_running_loop().time()
        try:
            await self._start()
            detail = await self._watch()
        except (
            Exception
        ) as error:  # a missing file or user, a full disk, a command with a NUL in it: of this slot alone
            detail = f"the application could not be started: {getattr(error, 'strerror', None) or type(error).__name__}"
            log.exception("mark=%s start failed", self._launch.mark)
        self._door.shut()
        ended_by_itself = self._wish is _Wish.RUN
        if ended_by_itself:  # told before it is cleared, which may take long: nobody may be sent here meanwhile
            log.warning("mark=%s exited: %s", self._launch.mark, detail)
            self._on_exited(detail)
        await self._clear()
        if ended_by_itself:
            await self._rest(asyncio.get_running_loop().time() - began)
        else:
            self._crashes = 0

    async def _rest(self, ran_for_s: float) -> None:
        self._crashes = 1 if ran_for_s > STEADY_S else self._crashes + 1
        await first_done(self._wait_for_wish(), asyncio.sleep(self._pause_s(self._crashes - 1)))

    def _pause_s(self, attempt: int) -> float:
        return full_jitter_s(attempt, self._pauses.first_crash_s, self._pauses.last_crash_s, self._luck())

    async def _start(self) -> None:
        await asyncio.to_thread(self._empty, self._launch.work_dir, self._launch.user)
        self._is_ready.clear()
        self._is_lost.clear()
        self._has_failed.clear()
        self._on_started()
        self._door.open()
        self.process = await start_process(self._launch)
        log.info("mark=%s started pid=%d", self._launch.mark, self.process.pid)

    async def _watch(self) -> str:
        """Until the process ends, fails its probe or is unwanted; what happened in words."""
        process = self.process
        assert process is not None
        await first_done(process.wait(), self._wait_for_wish(), self._stays_away(), self._has_failed.wait())
        if self._has_failed.is_set():
            return self._fault
        return f"exit code {process.exit_code}"

    async def _stays_away(self) -> None:
        """Until the streamer failed to come, or to come back, in its time."""
        limit_s, fault = self._pauses.start_s, "it did not identify itself in time"
        while True:
            try:
                # Never wait_for: before Python 3.12 it swallows a cancellation that comes together with the event.
                async with asyncio.timeout(limit_s):
                    await self._is_ready.wait()
            except TimeoutError:
                return self.fail(fault)
            await self._is_lost.wait()
            limit_s, fault = self._pauses.away_s, "its streamer did not come back"

    async def _clear(self) -> None:
        """Until nothing of the last viewer is left, however long that takes: a full disk, a folder that is held."""
        attempt = 0
        while not await self._is_cleared():
            await asyncio.sleep(self._pause_s(attempt))
            attempt += 1

    async def _is_cleared(self) -> bool:
        try:
            if self.process is not None:
                await self.process.end()
                self.process = None
            await asyncio.to_thread(self._empty, self._launch.work_dir, self._launch.user)
        except Exception:  # whatever it was: with it nobody may come in, and the other slots play on
            log.exception("mark=%s could not be cleared", self._launch.mark)
            return False
        return True

    async def _wait_for_wish(self) -> None:
        await self._wish_changed.wait()
        self._wish_changed.clear()

    def _obey(self, wish: _Wish) -> None:
        self._door.shut()
        self._wish = wish
        self._wish_changed.set()
