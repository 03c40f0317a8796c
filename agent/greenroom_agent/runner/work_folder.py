"""The agent's work folder: what each slot has in it, empty for each viewer and after each boot."""

import os
import pwd
import shutil
from pathlib import Path


def empty_folder(folder: Path, owner: str | None) -> None:
    """Removes everything in the folder (links are removed, never followed) and gives it to `owner` alone.

    Raises: OSError when something could not be removed: then no viewer may be let in. KeyError for an unknown owner.
    """
    if folder.is_symlink():
        folder.unlink()
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True, mode=0o700)
    if owner is not None:
        account = pwd.getpwnam(owner)
        os.chown(folder, account.pw_uid, account.pw_gid)


def slot_folder(work_dir: Path, number: int) -> Path:
    """Where the application of this slot runs."""
    return work_dir / f"slot-{number}"


def slot_log(work_dir: Path, number: int) -> Path:
    """What the application of this slot says, readable to the agent alone."""
    return work_dir / f"slot-{number}.log"


def remove_leftovers(work_dir: Path) -> None:
    """Makes the work folder and removes what an earlier run left of its slots, however many it had; nothing else.

    Raises: OSError when something could not be removed.
    """
    work_dir.mkdir(parents=True, exist_ok=True)
    for left in work_dir.glob("slot-*"):
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left)
        else:
            left.unlink()
