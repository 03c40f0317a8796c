"""Keeps the application process of one slot running."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Protocol

from greenroom_agent.backoff import full_jitter_s
from greenroom_agent.first_done import first_done
from greenroom_agent.runner.application_process import ApplicationProcess, ProcessLaunch, start_process
from greenroom_agent.runner.work_folder import empty_folder

log = logging.getLogger(__name__)

START_S = 300.0
AWAY_S = 20.0
"""How long a streamer may be disconnected while its process runs. Unreal reconnects every 2 s."""
STEADY_S = 60.0  # a process that ran at least this long is not part of a crash loop


class Endpoint(Protocol):
    """The part of the slot's streamer endpoint (a local WebSocket server) that the supervisor controls."""

    def open(self) -> None:
        """Lets the newly started application process connect to the streamer endpoint of its slot."""

    def shut(self) -> None:
        """Disconnects the process that is connected, and refuses further connections."""


@dataclass(frozen=True, slots=True)
class Pauses:
    """How long the supervisor waits, in seconds.

    `start_s`: from the start of the process until the streamer must have identified itself. `away_s`: from the
    streamer's disconnection until it must have reconnected. `first_crash_s` and `last_crash_s`: the pause before a new
    process, after the first crash and at most.
    """

    start_s: float = START_S
    away_s: float = AWAY_S
    first_crash_s: float = 0.5
    last_crash_s: float = 30.0


class _Wish(Enum):
    RUN = auto()
    RESTART = auto()
    STOP = auto()


class SlotSupervisor:
    """Starts the process in an empty folder, and starts a new process when it ends or does not become ready.

    `on_started` is called before each new process starts, `on_exited` with a reason when a process ended by itself. If
    the folder cannot be emptied, no process is started and the slot gets no viewer; emptying the folder is tried again.
    `luck` returns random numbers in [0, 1).
    """

    def __init__(
        self,
        launch: ProcessLaunch,
        endpoint: Endpoint,
        on_started: Callable[[], None],
        on_exited: Callable[[str], None],
        luck: Callable[[], float],
        pauses: Pauses | None = None,
        empty: Callable[[Path, str | None], None] = empty_folder,
    ) -> None:
        self._launch = launch
        self._endpoint = endpoint
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
        """Called when the streamer has identified itself: the process counts as ready."""
        self._is_lost.clear()
        self._is_ready.set()

    def lost(self) -> None:
        """Called when the streamer is disconnected: it has `away_s` seconds to reconnect."""
        self._is_ready.clear()
        self._is_lost.set()

    def restart(self) -> None:
        """Replaces the process with a new process in an empty folder, so that nothing of the last viewer is left."""
        self._obey(_Wish.RESTART)

    def stop(self) -> None:
        """Ends the process and starts no other until `restart` is called."""
        self._obey(_Wish.STOP)

    def fail(self, detail: str) -> None:
        """Ends and replaces a process that runs but no longer works, and reports `detail` as the reason."""
        self._fault = detail
        self._has_failed.set()

    async def run(self) -> None:
        """Keeps the process running until cancelled, then removes the process and its files."""
        try:
            while True:
                if self._wish is _Wish.STOP:
                    await self._wait_for_wish()
                    continue
                self._wish = _Wish.RUN
                self._wish_changed.clear()
                await self._run_once()
        finally:
            self._endpoint.shut()
            await asyncio.shield(self._is_cleared())

    async def _run_once(self) -> None:
        began = asyncio.get_running_loop().time()
        try:
            await self._start()
            detail = await self._watch()
        except (
            Exception
        ) as error:  # a missing file or user, a full disk, a NUL in the command: a fault of this slot only
            detail = f"the application could not be started: {getattr(error, 'strerror', None) or type(error).__name__}"
            log.exception("mark=%s start failed", self._launch.mark)
        self._endpoint.shut()
        ended_by_itself = self._wish is _Wish.RUN
        if ended_by_itself:  # reported before clearing, which may take long: the slot must get no viewer meanwhile
            log.warning("mark=%s exited: %s", self._launch.mark, detail)
            self._on_exited(detail)
        await self._clear()
        if ended_by_itself:
            await self._pause(asyncio.get_running_loop().time() - began)
        else:
            self._crashes = 0

    async def _pause(self, ran_for_s: float) -> None:
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
        self._endpoint.open()
        self.process = await start_process(self._launch)
        log.info("mark=%s started pid=%d", self._launch.mark, self.process.pid)

    async def _watch(self) -> str:
        """Waits until the process ends, fails or is to be replaced. Returns the reason, in words."""
        process = self.process
        assert process is not None
        await first_done(process.wait(), self._wait_for_wish(), self._stays_away(), self._has_failed.wait())
        if self._has_failed.is_set():
            return self._fault
        return f"exit code {process.exit_code}"

    async def _stays_away(self) -> None:
        """Waits until the streamer has failed to connect, or to reconnect, in time. Then records this as a fault."""
        limit_s, fault = self._pauses.start_s, "it did not identify itself in time"
        while True:
            try:
                # Not wait_for: before Python 3.12 it swallows a cancellation that arrives together with the event.
                async with asyncio.timeout(limit_s):
                    await self._is_ready.wait()
            except TimeoutError:
                return self.fail(fault)
            await self._is_lost.wait()
            limit_s, fault = self._pauses.away_s, "its streamer did not come back"

    async def _clear(self) -> None:
        """Ends the process and empties its folder. Repeats that until it succeeds: the disk may be full for a while."""
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
        except Exception:  # any error: this slot gets no viewer, and the other slots are not affected
            log.exception("mark=%s could not be cleared", self._launch.mark)
            return False
        return True

    async def _wait_for_wish(self) -> None:
        await self._wish_changed.wait()
        self._wish_changed.clear()

    def _obey(self, wish: _Wish) -> None:
        self._endpoint.shut()
        self._wish = wish
        self._wish_changed.set()
