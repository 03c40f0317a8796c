"""One application process, its process group, and the processes that it left running."""

import asyncio
import os
import pwd
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from greenroom_agent.runner.application_command import SLOT_MARK

TERMINATE_S = 5.0


@dataclass(frozen=True, slots=True)
class ProcessLaunch:
    """How to start a process. `mark` identifies processes that it leaves behind; `user` None: the agent's user."""

    command: Sequence[str]
    environment: Mapping[str, str]
    work_dir: Path
    log_file: Path
    mark: str
    user: str | None = None


class ApplicationProcess:
    """A started process, which leads a session and process group of its own."""

    def __init__(self, process: asyncio.subprocess.Process, mark: str) -> None:
        self._process = process
        self._mark = mark

    @property
    def pid(self) -> int:
        """The leader's process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """The leader's exit code; None while it runs."""
        return self._process.returncode

    async def wait(self) -> int:
        """Waits until the leader ends; returns its exit code, negative for a signal."""
        return await self._process.wait()

    async def end(self) -> None:
        """Sends SIGTERM to the group, SIGKILL after TERMINATE_S, and SIGKILL to marked processes outside the group."""
        if self._process.returncode is None:
            _signal_group(self.pid, signal.SIGTERM)
            try:
                async with asyncio.timeout(TERMINATE_S):
                    await self._process.wait()
            except TimeoutError:
                _signal_group(self.pid, signal.SIGKILL)
                await self._process.wait()
        _signal_group(self.pid, signal.SIGKILL)
        for pid in await asyncio.to_thread(_marked_processes, self._mark):
            _signal(pid, signal.SIGKILL)


async def start_process(launch: ProcessLaunch) -> ApplicationProcess:
    """Starts the application. Its output overwrites the log of the previous viewer.

    Raises: OSError when the command cannot be run, KeyError for an unknown user.
    """
    options: dict[str, Any] = {}
    if launch.user is not None:
        account = pwd.getpwnam(launch.user)
        options = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    # Readable by the agent only: the application of another slot must not see what this viewer did.
    with open(launch.log_file, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as output:
        process = await asyncio.create_subprocess_exec(
            *launch.command,
            cwd=launch.work_dir,
            env=dict(launch.environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            **options,
        )
    return ApplicationProcess(process, launch.mark)


def _marked_processes(mark: str) -> list[int]:
    """The ids of processes that inherited this slot's mark, such as children with a session of their own."""
    entry = f"{SLOT_MARK}={mark}".encode()
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if entry in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
            except OSError:  # it ended meanwhile, or belongs to another user
                continue
    return found


def _signal_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
