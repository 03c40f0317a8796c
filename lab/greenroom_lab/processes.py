"""Children that leave nothing behind: each in a process group of its own, ended by id with all its descendants."""

from __future__ import annotations

import asyncio
import ctypes
import os
import re
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_STOP_STEP_S = 0.05


@dataclass(slots=True)
class Child:
    """A running child. All it starts has its temporary or home folder inside `work_dir`: so strays are found."""

    process: asyncio.subprocess.Process
    work_dir: Path
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def runs(self) -> bool:
        return self.process.returncode is None


async def start_child(command: Sequence[str], environment: Mapping[str, str], work_dir: Path, log: Path) -> Child:
    """Start `command` with its temporary files inside `work_dir` and all it says appended to `log`."""
    temporary = work_dir / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=work_dir,
            env={**environment, "TMPDIR": str(temporary)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )
    return Child(process, work_dir, log)


async def stop_child(child: Child, grace_s: float) -> None:
    """Ask the child to end, then end it and everything it started."""
    if child.runs and grace_s > 0:
        _signal(child.pid, signal.SIGCONT)  # a frozen process hears nothing else
        _signal(child.pid, signal.SIGTERM)
        with suppress(TimeoutError):
            await asyncio.wait_for(child.process.wait(), grace_s)
    await kill_instance(child)


async def kill_instance(child: Child) -> None:
    """What pulling the plug does: every process of the machine ends at once, however it detached itself."""
    if child.runs:
        _signal_group(child.pid, signal.SIGKILL)
        await child.process.wait()
    for _ in range(100):
        strays = processes_of(child.work_dir)
        if not strays:
            return
        for pid in strays:
            _signal(pid, signal.SIGKILL)
        await asyncio.sleep(_STOP_STEP_S)


def processes_of(work_dir: Path) -> list[int]:
    """Live processes that have `work_dir` or a folder inside it in their environment (Linux; elsewhere none)."""
    wanted = re.compile(re.escape(bytes(work_dir)) + rb"[/\0]")
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if wanted.search((entry / "environ").read_bytes() + b"\0") and not _is_zombie(entry):
                found.append(int(entry.name))
        except OSError:  # it ended while we looked, or is not ours
            continue
    return [pid for pid in found if pid != os.getpid()]


def freeze_instance(child: Child) -> None:
    """SIGSTOP for all of it: the machine runs for EC2 and answers nobody."""
    for pid in processes_of(child.work_dir):
        _signal(pid, signal.SIGSTOP)


def thaw_instance(child: Child) -> None:
    for pid in processes_of(child.work_dir):
        _signal(pid, signal.SIGCONT)


def _is_zombie(entry: Path) -> bool:
    return (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z"


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _signal_group(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, number)


def _die_with_parent() -> None:
    """Linux: a killed lab takes its children with it; they would otherwise run on unseen."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
