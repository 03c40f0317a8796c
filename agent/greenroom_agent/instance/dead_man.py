"""The file that the instance's dead-man timer looks at: too old, and the machine powers itself off."""

import os
import time
from pathlib import Path


def touch(file: Path | None) -> None:
    """Tells the timer that the control plane still knows this instance."""
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()


def count_from_boot(file: Path | None, booted_at_s: float) -> None:
    """What an earlier boot left counts as of this boot: a machine that was stopped for a day is not a day silent.

    Never later than the boot, so that an agent that crashes again and again does not keep its machine alive.
    """
    if file is not None and (not file.exists() or file.stat().st_mtime < booted_at_s):
        touch(file)
        os.utime(file, (booted_at_s, booted_at_s))


def booted_at() -> float:
    """When this machine was switched on, in seconds of the wall clock."""
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
