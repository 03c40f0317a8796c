"""The supervisor with tiny commands: it starts, restarts, wipes, and leaves nothing running."""

import asyncio
import os
import secrets
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from greenroom_agent.runner.application_process import ProcessLaunch
from greenroom_agent.runner.slot_supervisor import Pauses, SlotSupervisor

QUICK = Pauses(start_s=0.4, first_crash_s=0.05, last_crash_s=0.1)
SLEEP = ["sleep", "60"]
STUBBORN = [sys.executable, "-c", "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"]


class FakeEndpoint:
    def __init__(self) -> None:
        self.is_open = False

    def open(self) -> None:
        self.is_open = True

    def shut(self) -> None:
        self.is_open = False


class Bench:
    """A supervisor whose application is ready as soon as it is started, unless it is mute."""

    def __init__(self, folder: Path, command: list[str], pauses: Pauses = QUICK, *, is_mute: bool = False) -> None:
        self.endpoint = FakeEndpoint()
        self.work_dir = folder / "slot-1"
        self.starts = 0
        self.exits: list[str] = []
        self._is_mute = is_mute
        mark = secrets.token_hex(8)  # its own: whatever carries it is killed, in a run beside this one, too
        environment = {"PATH": os.environ["PATH"], "GREENROOM_SLOT_MARK": mark}
        launch = ProcessLaunch(command, environment, self.work_dir, folder / "slot-1.log", mark)
        self.supervisor = SlotSupervisor(launch, self.endpoint, self._started, self.exits.append, lambda: 0.5, pauses)

    def _started(self) -> None:
        self.starts += 1
        if not self._is_mute:
            asyncio.get_running_loop().call_soon(self.supervisor.ready)

    @property
    def pid(self) -> int | None:
        return None if self.supervisor.process is None else self.supervisor.process.pid


def run(bench: Bench, scenario: Callable[[Bench], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        task = asyncio.create_task(bench.supervisor.run())
        try:
            await scenario(bench)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(main())


async def until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 8
    while not holds():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def is_running(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().split(")")[-1].split()[0]
    except FileNotFoundError:
        return False


def test_a_restart_gives_a_new_process_in_an_empty_folder(tmp_path: Path) -> None:
    async def scenario(bench: Bench) -> None:
        await until(lambda: bench.pid)
        first = bench.pid
        assert first is not None
        (bench.work_dir / "left").touch()
        bench.supervisor.restart()
        assert not bench.endpoint.is_open, "the old process is cut off at once"
        await until(lambda: bench.pid not in (None, first))
        assert not is_running(first)
        assert list(bench.work_dir.iterdir()) == []
        assert bench.endpoint.is_open
        assert bench.exits == []

    bench = Bench(tmp_path, SLEEP, Pauses())
    run(bench, scenario)
    assert bench.pid is None
    assert not bench.endpoint.is_open


def test_a_process_that_ends_by_itself_is_reported_and_started_again(tmp_path: Path) -> None:
    async def scenario(bench: Bench) -> None:
        await until(lambda: len(bench.exits) >= 3)

    bench = Bench(tmp_path, ["sh", "-c", "exit 7"])
    run(bench, scenario)
    assert bench.exits[:3] == ["exit code 7"] * 3


def test_a_command_that_cannot_run_is_reported(tmp_path: Path) -> None:
    async def scenario(bench: Bench) -> None:
        await until(lambda: bench.exits)

    bench = Bench(tmp_path, ["/no/such/command"])
    run(bench, scenario)
    assert "No such file" in bench.exits[0]


def test_an_application_that_never_identifies_itself_is_replaced(tmp_path: Path) -> None:
    async def scenario(bench: Bench) -> None:
        await until(lambda: bench.starts >= 2)

    bench = Bench(tmp_path, SLEEP, is_mute=True)
    run(bench, scenario)
    assert bench.exits[0] == "it did not identify itself in time"


def test_a_streamer_that_is_back_in_time_keeps_its_process(tmp_path: Path) -> None:
    async def scenario(bench: Bench) -> None:
        await until(lambda: bench.pid)
        first = bench.pid
        await asyncio.sleep(0.05)
        for _ in range(3):
            bench.supervisor.lost()
            await asyncio.sleep(0.1)
            bench.supervisor.ready()
            await asyncio.sleep(0.2)
        assert bench.pid == first
        assert bench.exits == []
        bench.supervisor.lost()
        await until(lambda: bench.pid not in (None, first))

    bench = Bench(tmp_path, SLEEP, Pauses(away_s=0.25, first_crash_s=0.05))
    run(bench, scenario)
    assert bench.exits == ["its streamer did not come back"]


def test_an_application_may_take_as_long_to_start_as_it_says_but_not_as_long_to_come_back(tmp_path: Path) -> None:
    async def scenario(bench: Bench) -> None:
        await until(lambda: bench.pid)
        await asyncio.sleep(0.6)
        assert bench.starts == 1
        bench.supervisor.ready()
        await asyncio.sleep(0.05)
        bench.supervisor.lost()
        await until(lambda: bench.starts == 2)

    run(Bench(tmp_path, SLEEP, Pauses(start_s=30, away_s=0.1, first_crash_s=0.05), is_mute=True), scenario)


def test_a_stopped_slot_stays_empty_until_it_is_started_again(tmp_path: Path) -> None:
    async def scenario(bench: Bench) -> None:
        await until(lambda: bench.pid)
        bench.supervisor.stop()
        await until(lambda: bench.pid is None)
        await asyncio.sleep(0.2)
        assert bench.starts == 1
        bench.supervisor.restart()
        await until(lambda: bench.pid)

    run(Bench(tmp_path, SLEEP, Pauses()), scenario)


def test_children_that_left_the_process_group_do_not_survive(tmp_path: Path) -> None:
    async def scenario(bench: Bench) -> None:
        child = tmp_path / "child"
        await until(lambda: child.exists() and child.read_text().strip())
        pid = int(child.read_text())
        assert is_running(pid)
        bench.supervisor.restart()
        await until(lambda: not is_running(pid))

    run(Bench(tmp_path, ["sh", "-c", f"setsid sleep 60 & echo $! > {tmp_path}/child; wait"], Pauses()), scenario)


def test_a_process_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    async def scenario(bench: Bench) -> None:
        await until(lambda: bench.pid)
        await asyncio.sleep(0.3)
        first = bench.pid
        assert first is not None
        began = time.monotonic()
        bench.supervisor.restart()
        await until(lambda: bench.pid not in (None, first))
        assert 4.5 < time.monotonic() - began < 7
        assert not is_running(first)

    run(Bench(tmp_path, STUBBORN, Pauses()), scenario)


@pytest.mark.parametrize("ticks", range(6))
def test_a_restart_in_the_moment_of_readiness_is_not_lost(tmp_path: Path, ticks: int) -> None:
    """wait_for of Python 3.11 swallows a cancellation that comes together with the event it waits for."""

    async def scenario(bench: Bench) -> None:
        await until(lambda: bench.pid)
        first = bench.pid
        await asyncio.sleep(0.05)
        bench.supervisor.restart()
        for _ in range(ticks):
            await asyncio.sleep(0)
        bench.supervisor.ready()
        await until(lambda: bench.pid not in (None, first))

    run(Bench(tmp_path, SLEEP, Pauses(), is_mute=True), scenario)
