"""The file that the instance's dead-man timer checks: when it is too old, the instance powers itself off."""

import os
import time
from pathlib import Path


def touch(file: Path | None) -> None:
    """Touches the file: the control plane has just accepted a heartbeat of this instance."""
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()


def count_from_boot(file: Path | None, booted_at_s: float) -> None:
    """Sets a file from an earlier boot to the time of this boot: an instance that was stopped for a day was not silent.

    Never to a later time, so that an agent that keeps crashing does not keep its instance running.
    """
    if file is not None and (not file.exists() or file.stat().st_mtime < booted_at_s):
        touch(file)
        os.utime(file, (booted_at_s, booted_at_s))


def booted_at() -> float:
    """When this instance booted, in seconds since the epoch."""
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
