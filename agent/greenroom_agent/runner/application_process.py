"""Starts and ends one application process, its process group, and the processes that it has left running."""

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
    """How to start an application process.

    `mark`: a text in the environment that identifies the process and its children; `user`: the operating system's user
    that runs the process. None: the agent's own user.
    """

    command: Sequence[str]
    environment: Mapping[str, str]
    work_dir: Path
    log_file: Path
    mark: str
    user: str | None = None


class ApplicationProcess:
    """A started application process. It is the leader of its own session and process group."""

    def __init__(self, process: asyncio.subprocess.Process, mark: str) -> None:
        self._process = process
        self._mark = mark

    @property
    def pid(self) -> int:
        """The id of the application process."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code of the application process; None while the process runs."""
        return self._process.returncode

    async def wait(self) -> int:
        """Waits until the application process ends. Returns its exit code, which is negative after a signal."""
        return await self._process.wait()

    async def end(self) -> None:
        """Ends the application process and all its children.

        Sends SIGTERM to the process group, and SIGKILL if the process runs for TERMINATE_S more seconds. Then sends
        SIGKILL to the rest of the group, and to marked processes outside the group.
        """
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
    """Starts the application. Its output overwrites the log of the previous viewer's process.

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
    """Returns the ids of processes that inherited the slot's mark, such as children with their own session."""
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
