"""The file that the instance's dead-man timer checks: when the file is too old, the instance powers itself off.

The agent touches the file after each heartbeat that the control plane has accepted.
"""

import os
import time
from pathlib import Path


def touch(file: Path | None) -> None:
    """Sets the file's time to now, because the control plane has just accepted a heartbeat of this instance."""
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()


def count_from_boot(file: Path | None, booted_at_s: float) -> None:
    """Sets the file's time to the time of this boot, if the file is older or missing.

    So the hours for which an instance was stopped do not count as silence. The time is never later than the boot:
    otherwise an agent that keeps crashing would keep its instance running.
    """
    if file is not None and (not file.exists() or file.stat().st_mtime < booted_at_s):
        touch(file)
        os.utime(file, (booted_at_s, booted_at_s))


def booted_at() -> float:
    """Returns when this instance booted, in seconds since 1970."""
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
